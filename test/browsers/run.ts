// npm run test:browsers: every case in every browser, on a page with the propagator and on two pages without it.
import type { Browser } from '../../scripts/chromium/launch-chromium.js'
import { browserApiCases } from './browser-api-cases.js'
import { browsers } from './browsers.js'
import type { Case } from './case.js'
import { otherOriginCases } from './other-origin-cases.js'
import { ownOriginCases } from './own-origin-cases.js'
import type { Propagation } from './page.js'
import { TABLE_HEAD, tableRow } from './printed-table.js'
import { rumTracingCases } from './rum-tracing-cases.js'
import { faults, type Observations } from './verdict.js'
import { type Origins, observeCase, openPage, startOrigins } from './visit.js'
import { documentHas, wireTable } from './wire-table.js'

const DOCUMENT = new URL('../../docs/browser.md', import.meta.url)
const PAGES = ['traceparent', 'default', 'session'] as const satisfies Propagation[]
const cases: readonly Case[] = [
  ...ownOriginCases,
  ...browserApiCases,
  ...rumTracingCases,
  ...otherOriginCases,
]

/** Cases that share a page. */
const groups = new Map<string, Case[]>()
for (const row of cases) {
  const setup = JSON.stringify(row.setup ?? {})
  groups.set(setup, [...(groups.get(setup) ?? []), row])
}

let passed = 0
let failed = 0
let skipped = 0

function judge(what: string, problems: readonly string[]): void {
  if (problems.length) failed++
  else passed++
  console.log(`${problems.length ? 'FAIL' : 'ok  '} ${what}`)
  for (const problem of problems) console.log(`     ${problem}`)
}

async function check(browser: Browser, name: string, origins: Origins): Promise<void> {
  for (const [setup, group] of groups) {
    const seen = new Map<Case, Observations>(group.map((row) => [row, {} as Observations]))
    for (const propagation of PAGES) {
      const { page, close } = await openPage(browser, origins, { ...JSON.parse(setup), propagation })
      for (const [row, observations] of seen) {
        observations[propagation] = await observeCase(page, origins, row)
      }
      // RUM's configuration is looked at when there is something to inject.
      const expected = propagation === 'session' && group[0]?.setup?.rumTracing && !group[0].setup.ignores
      const warnings = await page.evaluate(() => window.warnings)
      if (expected || warnings.length) {
        const problems = warnings.length === (expected ? 1 : 0) ? [] : [JSON.stringify(warnings)]
        judge(`${name.padEnd(8)} ${expected ? 'one warning' : 'no warning'} with ${setup}`, problems)
      }
      await close()
    }
    for (const [row, observations] of seen) {
      judge(`${name.padEnd(8)} ${tableRow(row.name, observations)}`, faults(row, observations))
    }
  }
}

const origins = await startOrigins()
for (const [name, launch] of Object.entries(browsers)) {
  const launched = launch()
  if (!launched) {
    console.log(`\nSKIPPED: ${name} is not installed; set FIREFOX_PATH, or install firefox-esr\n`)
    skipped += cases.length
    continue
  }
  const browser = await launched
  console.log(`\n${name}: ${await browser.version()}\n${TABLE_HEAD}\n`)
  try {
    await check(browser, name, origins)
  } finally {
    await browser.close()
  }
}
await Promise.all([origins.own.close(), origins.other.close()])

const update = process.argv.includes('--update')
const current = documentHas(DOCUMENT, wireTable(cases), update)
judge('the table in docs/browser.md', current ? [] : ['differs: run npm run test:browsers -- --update'])

console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed ? 1 : 0

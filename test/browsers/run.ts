// npm run test:browsers [-- --update]: every case in every browser, on a page with the propagator and on two without it.
// Compares the table of docs/browser.md with the cases; --update writes it.
import { fileURLToPath } from 'node:url'
import type { Browser } from '../../scripts/chromium/launch-chromium.js'
import { holdsBlock } from '../support/markdown-block.js'
import { check, printCounts } from '../support/printed-checks.js'
import { browserApiCases } from './browser-api-cases.js'
import { browsers } from './browsers.js'
import type { Case } from './case.js'
import { caseRow, ROW_HEAD } from './case-row.js'
import { otherOriginCases } from './other-origin-cases.js'
import { ownOriginCases } from './own-origin-cases.js'
import type { Propagation } from './page.js'
import { rumTracingCases } from './rum-tracing-cases.js'
import { type Origins, observeCase, openPage, startOrigins } from './visit.js'
import { checkCase, type Observations } from './wire-checks.js'
import { wireTable } from './wire-table.js'

const DOCUMENT = fileURLToPath(new URL('../../docs/browser.md', import.meta.url))
const PAGES = ['traceparent', 'default', 'session'] as const satisfies Propagation[]
const cases: readonly Case[] = [
  ...ownOriginCases,
  ...browserApiCases,
  ...rumTracingCases,
  ...otherOriginCases,
]

/** Cases by page. */
const groups = new Map<string, Case[]>()
for (const row of cases) {
  const setup = JSON.stringify(row.setup ?? {})
  groups.set(setup, [...(groups.get(setup) ?? []), row])
}

let skipped = 0

async function checkBrowser(browser: Browser, name: string, origins: Origins): Promise<void> {
  for (const [setup, group] of groups) {
    const seen = new Map<Case, Observations>(group.map((row) => [row, {} as Observations]))
    for (const propagation of PAGES) {
      const { page, close } = await openPage(browser, origins, { ...JSON.parse(setup), propagation })
      for (const [row, observations] of seen) {
        observations[propagation] = await observeCase(page, origins, row)
      }
      // The propagator reads RUM's configuration at an inject, which never happens for ignored URLs.
      const expected = propagation === 'session' && group[0]?.setup?.rumTracing && !group[0].setup.ignores
      const warnings = await page.evaluate(() => window.warnings)
      if (expected || warnings.length) {
        const isRight = warnings.length === (expected ? 1 : 0)
        const what = `${name.padEnd(8)} ${expected ? 'one warning' : 'no warning'} with ${setup}`
        check(what, isRight, JSON.stringify(warnings))
      }
      await close()
    }
    for (const [row, observations] of seen) {
      const problems = checkCase(row, observations)
      check(
        `${name.padEnd(8)} ${caseRow(row.name, observations)}`,
        problems.length === 0,
        problems.join('\n'),
      )
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
  console.log(`\n${name}: ${await browser.version()}\n${ROW_HEAD}\n`)
  try {
    await checkBrowser(browser, name, origins)
  } finally {
    await browser.close()
  }
}
await Promise.all([origins.own.close(), origins.other.close()])

const isCurrent = holdsBlock(DOCUMENT, 'wire', wireTable(cases), process.argv.includes('--update'))
check('the table of docs/browser.md', isCurrent, 'differs: run npm run test:browsers -- --update')
printCounts(skipped)

// Starts small real backends with the flag, each on the packages of its lock file, and prints a table of what joined and
// of what left for the vendor. Runs the reduced list; `--all` runs all; other arguments are names of fixtures.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { install, nodeBinary, pack } from '../support/install.js'
import { padCells } from '../support/printed-table.js'
import type { SetupCounts } from '../support/session-counts.js'
import { missingInDocs, notRun } from './documentation.js'
import { FURTHER } from './further-setups.js'
import { runSetup } from './run-setup.js'
import { REDUCED, type Setup } from './setups.js'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean', default: false } },
})

const listed = options.all || positionals.length ? [...REDUCED, ...FURTHER] : REDUCED
const setups = listed.filter(({ fixture }) => !positionals.length || positionals.includes(fixture))
const folderOf = ({ fixture }: Setup) => join(import.meta.dirname, fixture)
const HEAD = ['', 'set-up', 'versions', 'spans', 'joined', 'wrong', 'what the vendor got']
const tables = { joined: [HEAD], limits: [HEAD] }
let failed = 0

function isGood({ spans, joined, wrong, leaked }: SetupCounts, { isLimit }: Setup): boolean {
  return !leaked && spans > 0 && (isLimit ? wrong > 0 : joined === spans && wrong === 0)
}

function versionsOf(setup: Setup, node: string): string {
  const versions = setup.packages.map((name) => {
    const file = join(folderOf(setup), 'node_modules', name, 'package.json')
    return `${name.split('/').at(-1)} ${JSON.parse(readFileSync(file, 'utf8')).version}`
  })
  return [...versions, `Node ${node}`].join(', ')
}

async function run(setup: Setup): Promise<void> {
  const { name, isLimit } = setup
  const rows = isLimit ? tables.limits : tables.joined
  const versions = versionsOf(setup, setup.node)
  const started = Date.now()
  try {
    const counts = await runSetup(setup, folderOf(setup), nodeBinary(folderOf(setup), setup.node))
    const { spans, joined, wrong, vendor } = counts
    const mark = isGood(counts, setup) ? '✓' : '✗'
    if (mark === '✗') failed++
    rows.push([mark, name, versions, String(spans), String(joined), String(wrong), vendor])
  } catch (error) {
    failed++
    rows.push(['✗', name, versions, '-', '-', '-', '-'])
    console.log(`✗ ${name}: ${error instanceof Error ? error.message : error}`)
  }
  console.log(`${name}, ${versions}: ${((Date.now() - started) / 1000).toFixed(1)} s`)
}

for (const problem of [
  ...missingInDocs(listed).map((each) => `docs/setups.md does not show ${each}`),
  ...notRun([...REDUCED, ...FURTHER]).map((each) => `docs/setups.md shows what is not run: ${each}`),
]) {
  failed++
  console.log(`✗ ${problem}`)
}
const tarballs = pack()
for (const folder of new Set(setups.map(folderOf))) {
  install(folder, tarballs, join(import.meta.dirname, 'apps'))
}
for (const setup of setups) await run(setup)

function print(table: string[][]): void {
  console.log()
  for (const cells of padCells(table)) console.log(cells.join('  ').trimEnd())
}

print(tables.joined)
if (tables.limits.length > 1) {
  console.log('\nLimits that the docs name: spans of tasks that get the session of another request')
  print(tables.limits)
}
const passed = [...tables.joined, ...tables.limits].filter(([mark]) => mark === '✓').length
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed || !passed ? 1 : 0

/**
 * Runs every agent framework of the fixtures beside this file, on the real packages, and compares what its
 * spans carry with the support table: `npm run test:frameworks`. With `--update` the table is written; with
 * the start of a case's name only that case runs, and the table is left alone.
 */
import { pack } from '../support/install.js'
import { installFixture, listFixtures } from './fixtures.js'
import { type CaseResult, runCase } from './run-case.js'
import { outdatedSupportTables, supportTable, writeSupportTable } from './support-table.js'

// Frameworks that cannot run here, and why. They count as skipped.
const NOT_RUN = {
  'Cloudflare Agents':
    'they run in workerd, where no Node SDK and no span processor exists; use the Collector rule in demo/collector/session-from-server-span.yaml',
}

const update = process.argv.includes('--update')
const only = process.argv.slice(2).find((argument) => !argument.startsWith('--'))
const results: CaseResult[] = []
let passed = 0
let failed = 0

const tarballs = pack()
for (const fixture of listFixtures()) {
  const cases = fixture.cases.filter((file) => !only || file.startsWith(only))
  if (cases.length === 0) continue
  installFixture(fixture, tarballs)
  console.log(`\n${fixture.name}`)
  // Two at a time: most of a case is loading its packages.
  const queue = cases.values()
  const worker = async () => {
    for (const file of queue) report(await runCase(fixture, file))
  }
  await Promise.all([worker(), worker()])
}

const table = supportTable(results)
console.log(`\n${table}\n`)
if (only) console.log('The support table was not compared: not every framework ran.')
else if (update && failed === 0) writeSupportTable(table)
else {
  for (const file of outdatedSupportTables(table)) {
    failed++
    console.log(`✗ ${file} differs from what was measured: npm run test:frameworks -- --update`)
  }
}
for (const [name, reason] of Object.entries(NOT_RUN)) console.log(`SKIPPED ${name}: ${reason}`)
console.log(`${passed} passed, ${failed} failed, ${Object.keys(NOT_RUN).length} skipped`)
process.exitCode = failed > 0 ? 1 : 0

function report(result: CaseResult): void {
  results.push(result)
  console.log(`${result.name} (${result.node})`)
  for (const { scenario, error, joined, kept, spans } of result.scenarios) {
    if (error) failed++
    else passed++
    console.log(
      error ? `  ✗ ${scenario}: ${error}` : `  ✓ ${scenario}: ${joined} joined, ${kept} kept, ${spans} spans`,
    )
  }
  if (result.error) {
    failed++
    console.log(`  ✗ ${result.error}`)
  }
}

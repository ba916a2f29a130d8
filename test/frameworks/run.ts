// npm run test:frameworks [-- --update] [start of a case's name]: every agent framework on its npm packages. Compares the
// attributes of the spans with the support table, unless a case is named. --update writes the table.
import { pack } from '../support/install.js'
import { check, printCounts } from '../support/printed-checks.js'
import { installFixture, listFixtures } from './fixtures.js'
import { type CaseResult, runCase } from './run-case.js'
import { holdsSupportTable, supportTable } from './support-table.js'

/** Frameworks that count as skipped, with the reason. */
const NOT_RUN = {
  'Cloudflare Agents':
    'they run in workerd, which has no Node SDK and no span processor; use the Collector rule in demo/collector/session-from-server-span.yaml',
}

const update = process.argv.includes('--update')
const only = process.argv.slice(2).find((argument) => !argument.startsWith('--'))
const results: CaseResult[] = []
const tarballs = pack()
for (const fixture of listFixtures()) {
  const cases = fixture.cases.filter((file) => !only || file.startsWith(only))
  if (cases.length === 0) continue
  installFixture(fixture, tarballs)
  console.log(`\n${fixture.name}`)
  // Two cases at a time: most of the time they load packages.
  const queue = cases.values()
  const worker = async () => {
    for (const file of queue) report(await runCase(fixture, file))
  }
  await Promise.all([worker(), worker()])
}

const table = supportTable(results)
console.log(`\n${table}\n`)
if (only) console.log('The support table is not compared, because not every framework ran.')
else {
  const isRight = results.every(({ error, scenarios }) => !error && scenarios.every(({ error }) => !error))
  check(
    'table of docs/frameworks.md',
    holdsSupportTable(table, update && isRight),
    'differs from the results: npm run test:frameworks -- --update',
  )
}
for (const [name, reason] of Object.entries(NOT_RUN)) console.log(`SKIPPED ${name}: ${reason}`)
printCounts(Object.keys(NOT_RUN).length)

function report(result: CaseResult): void {
  results.push(result)
  console.log(`${result.name} (${result.node})`)
  for (const { scenario, error, joined, kept, spans } of result.scenarios) {
    check(error ? scenario : `${scenario}: ${joined} joined, ${kept} kept, ${spans} spans`, !error, error)
  }
  if (result.error) check(result.name, false, result.error)
}

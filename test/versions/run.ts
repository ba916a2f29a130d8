// npm run test:versions [-- fixture… --case <part of a name>]: the npm packages on every supported version of dd-trace,
// OpenTelemetry and Node. Each folder of this directory is a fixture with a lock file.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pythonCommands, ToolAbsentError } from '../support/cached-tools.js'
import { install, nodeBinary, pack } from '../support/install.js'
import { padCells } from '../support/printed-table.js'
import { TestAgent } from '../support/test-agent.js'
import { type Case, CaseContext, startLoopback } from './case-context.js'
import { matrixCases } from './dd-trace-cases.js'
import { isolationCases } from './isolation-cases.js'
import { lifecycleCases } from './lifecycle-cases.js'
import { otelCases } from './otel-cases.js'
import { requestCases } from './request-cases.js'
import type { Fixture } from './service.js'

const ddTraceCases = [...matrixCases, ...requestCases, ...isolationCases, ...lifecycleCases]

/** Node versions of each fixture: the oldest that its stack supports; for the newest stacks, the newest. */
const NODE: Record<string, string[]> = {
  'dd-trace-5.60': ['20'],
  'dd-trace-5.113': ['20'],
  'dd-trace-5.114': ['20'],
  'dd-trace-5.132': ['20'],
  'dd-trace-6.2': ['22'],
  'dd-trace-6.3': ['22'],
  'dd-trace-6.21': ['24'],
  'otel-2': ['20', '22'],
  'otel-3': ['24'],
}

interface Result {
  mark: '✓' | '✗' | '-'
  why?: string
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { case: { type: 'string', default: '' } },
})

async function runCase(
  one: Case,
  fixture: Fixture,
  agent: TestAgent | undefined,
  port: number,
): Promise<Result> {
  if (!agent && fixture.name.startsWith('dd-trace')) {
    return { mark: '-', why: 'the Datadog test agent needs python3' }
  }
  const context = new CaseContext(fixture, agent, port)
  try {
    await agent?.clear()
    await one.run(context)
    return { mark: '✓' }
  } catch (error) {
    return { mark: '✗', why: error instanceof Error ? error.message : String(error) }
  } finally {
    await context.stopServices()
  }
}

function printTable(title: string, prefix: string, cases: Case[]): void {
  const columns = [...results.keys()].filter((column) => column.startsWith(prefix)).toSorted()
  if (!columns.length || !cases.length) return
  const head = [title, ...columns.map((column) => column.replace(/^dd-trace-/, ''))]
  const rows = cases.map((one) => [
    one.name,
    ...columns.map((column) => results.get(column)?.get(one)?.mark ?? ''),
  ])
  console.log(
    `\n${padCells([head, ...rows])
      .map((cells) => cells.join('  '))
      .join('\n')}`,
  )
}

/** Runs the cases of one fixture with a new test agent. */
async function runFixture(fixture: Fixture): Promise<void> {
  const { name } = fixture
  const started = Date.now()
  const agent = name.startsWith('dd-trace') && hasTestAgent ? await TestAgent.start() : undefined
  const loopback = await startLoopback()
  const row = new Map<Case, Result>()
  results.set(columnOf(fixture), row)
  try {
    for (const one of casesOf(name)) {
      const result = await runCase(one, fixture, agent, loopback.port)
      row.set(one, result)
      if (result.why) console.log(`${result.mark} ${columnOf(fixture)}, ${one.name}: ${result.why}`)
    }
  } finally {
    await agent?.process.stop()
    loopback.stop()
  }
  console.log(`${columnOf(fixture)}: ${row.size} cases, ${Math.round((Date.now() - started) / 1000)} s`)
}

const columnOf = ({ name, nodeMajor }: Fixture) => `${name} on ${nodeMajor}`
const results = new Map<string, Map<Case, Result>>()
const matches = ({ name }: Case) => name.includes(options.case)
const casesOf = (name: string) => (name.startsWith('dd-trace') ? ddTraceCases : otelCases).filter(matches)
const fixtures = Object.keys(NODE).filter((name) => !positionals.length || positionals.includes(name))

const tarballs = pack()
const queue = fixtures.flatMap((name) => {
  const directory = join(import.meta.dirname, name)
  install(directory, tarballs, join(import.meta.dirname, 'apps'))
  return (NODE[name] ?? []).map((nodeMajor): Fixture => {
    return { name, directory, nodeMajor, node: nodeBinary(directory, nodeMajor) }
  })
})
const hasTestAgent = await pythonCommands().then(
  () => true,
  (error) => {
    if (error instanceof ToolAbsentError) return false
    throw error
  },
)

// Two fixtures at a time: the cases wait most of the time.
const workers = Array.from({ length: 2 }, async () => {
  for (let fixture = queue.shift(); fixture; fixture = queue.shift()) await runFixture(fixture)
})
await Promise.all(workers)
printTable('dd-trace', 'dd-trace', ddTraceCases.filter(matches))
printTable('OpenTelemetry', 'otel', otelCases.filter(matches))

const marks = [...results.values()].flatMap((row) => [...row.values()].map(({ mark }) => mark))
const count = (mark: Result['mark']) => marks.filter((each) => each === mark).length
if (count('-')) console.log(`\nSKIPPED: ${count('-')} cases, for the reasons above`)
const skipped = count('-') ? `, ${count('-')} skipped` : ''
console.log(`\n${count('✓')} passed, ${count('✗')} failed${skipped}`)
process.exitCode = count('✗') || !count('✓') ? 1 : 0

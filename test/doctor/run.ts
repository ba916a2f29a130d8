// Runs the doctor, and the viewer, on backends that are broken, each in one way, and on healthy ones, and compares what is
// found with what is wrong with them. `-- <part of a name>` runs some of them and prints the doctor's tables.
import { join } from 'node:path'
import { installPython } from '../../demo/python-environment.js'
import { install, pack } from '../support/install.js'
import { startModel } from './apps/model.js'
import { ROOM } from './processes.js'
import { runSetUp } from './run-set-up.js'
import { type SetUp, setUps, type WatchedSetUp, watchedSetUps } from './set-ups.js'
import { watchSetUp } from './watch-set-up.js'

const AT_ONCE = 3
const WIDTHS = [36, 48, 48]

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const isWanted = ({ name }: { name: string }) => wanted.every((part) => name.includes(part))
install(ROOM, pack())
const pythonBin = await installPython(join(ROOM, 'python'))
const model = await startModel()
let passed = 0
let failed = 0
try {
  line('set-up', 'found', 'expected', '')
  const waiting = [
    ...setUps.filter(isWanted).map((setUp) => () => examine(setUp)),
    ...watchedSetUps.filter(isWanted).map((setUp) => () => watch(setUp)),
  ]
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let run = waiting.shift(); run; run = waiting.shift()) await run()
    }),
  )
} finally {
  model.stop()
}
console.log(`\n${passed} passed, ${failed} failed, 0 skipped`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)

async function examine(setUp: SetUp): Promise<void> {
  const { failed: found, exitCode, output } = await runSetUp(setUp, model.url, pythonBin)
  const { name, expected, says } = setUp
  // Long lines of the table are broken, and the words are what is meant.
  const saysIt = says?.test(output.replace(/\s+/g, ' ')) ?? true
  const isExit = exitCode === (expected.length === 0 ? 0 : 1)
  const shown = (checks: string[]) => checks.join(', ') || 'joined'
  report(
    name,
    found.length > 0 || exitCode === 0 ? shown(found) : `exit ${exitCode}`,
    shown(expected),
    saysIt && isExit,
    output,
  )
}

async function watch(setUp: WatchedSetUp): Promise<void> {
  const found = await watchSetUp(setUp, model.url).catch((error: Error) => ({
    traces: [error.message],
    sessions: [],
  }))
  const shown = ({ traces, sessions }: WatchedSetUp['expected']) => [...traces, ...sessions].join(', ')
  report(setUp.name, shown(found), shown(setUp.expected), true, '')
}

function report(name: string, found: string, expected: string, isElseRight: boolean, output: string): void {
  const isRight = found === expected && isElseRight
  if (isRight) passed++
  else failed++
  line(name, found, expected, isRight ? 'ok' : 'FAIL')
  if (!isRight || wanted.length > 0) console.log(output)
}

function line(...cells: string[]): void {
  console.log(
    cells
      .map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0))
      .join(' ')
      .trimEnd(),
  )
}

// Runs the doctor on backends that are broken, each in one way, and on healthy ones, and compares what it says with what
// is wrong with them. `-- <part of a name>` runs some of them and prints the doctor's tables.
import { startModel } from './apps/model.js'
import { type Outcome, runSetUp } from './run-set-up.js'
import { type SetUp, setUps } from './set-ups.js'

const AT_ONCE = 3
const WIDTHS = [36, 52, 52]

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const chosen = setUps.filter(({ name }) => wanted.every((part) => name.includes(part)))
const model = await startModel()
let failed = 0
const line = (...cells: string[]) =>
  console.log(
    cells
      .map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0))
      .join(' ')
      .trimEnd(),
  )
try {
  line('set-up', 'found', 'expected', '')
  const waiting = [...chosen]
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let setUp = waiting.shift(); setUp; setUp = waiting.shift()) {
        report(setUp, await runSetUp(setUp, model.url))
      }
    }),
  )
} finally {
  model.stop()
}
console.log(`\n${chosen.length - failed} passed, ${failed} failed, 0 skipped`)
process.exit(failed === 0 && chosen.length > 0 ? 0 : 1)

function report({ name, expected, says }: SetUp, { failed: found, exitCode, output }: Outcome): void {
  // Long lines of the table are broken, and the words are what is meant.
  const text = output.replace(/\s+/g, ' ')
  const isRight =
    found.join() === expected.join() &&
    exitCode === (expected.length === 0 ? 0 : 1) &&
    (says === undefined || says.test(text))
  if (!isRight) failed++
  const shown = (checks: string[]) => checks.join(', ') || 'joined'
  line(
    name,
    exitCode === 0 || found.length > 0 ? shown(found) : `exit ${exitCode}`,
    shown(expected),
    isRight ? 'ok' : 'FAIL',
  )
  if (!isRight || wanted.length > 0) console.log(output)
}

/**
 * The time that bridgeDdTrace adds to a span of dd-trace and to an incoming HTTP request, with LLM Observability on.
 *
 * Two processes, with and without the bridge, take turns in slices of a few milliseconds, so that a slow moment of the
 * machine affects both. One process that switches the bridge on and off would measure deoptimisation instead. The memory
 * layout of a process shifts all of its figures, so there are several pairs of processes. Pairs of two processes without
 * the bridge show the size of that shift.
 *
 * ```sh
 * npx tsx bench/dd-trace.ts                             # about two minutes
 * npx tsx bench/dd-trace.ts --pairs 30 --seconds 20
 * ```
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { installFolder } from '../scripts/install-folder.mjs'
import { median } from './median.js'

const FIXTURE = join(import.meta.dirname, '../test/versions/dd-trace-5.132')
const PROCESS = join(import.meta.dirname, 'dd-trace-process.ts')

type Mode = 'on' | 'off'

/** `target`: nanoseconds that the bridge may add. */
const ROWS = [
  { slice: 'span', name: 'span in a trace', iterations: 3_000, target: 50 },
  { slice: 'get', name: 'GET without a session', iterations: 40, target: 2_000 },
  { slice: 'getSession', name: 'GET with a session', iterations: 40, target: 2_000 },
  { slice: 'postSession', name: 'POST with a session', iterations: 40, target: 2_000 },
  { slice: 'awaits', name: 'GET, 50 awaits', iterations: 40, target: 2_000 },
]

/** Runs two new processes in turns. Returns the medians of each row. */
async function runPair(modes: [Mode, Mode], seconds: number): Promise<{ off: number; added: number }[]> {
  const children = modes.map((mode) => fork(PROCESS, [mode])) as ChildProcess[]
  await Promise.all(children.map((child) => once(child, 'message')))
  const time = async (index: number, row: number): Promise<number> => {
    children[index]?.send(ROWS[row] as object)
    return ((await once(children[index] as ChildProcess, 'message')) as [number])[0]
  }
  const off: number[][] = ROWS.map(() => [])
  const added: number[][] = ROWS.map(() => [])
  const start = performance.now()
  const elapsed = () => (performance.now() - start) / 1_000
  for (let round = 0; elapsed() < seconds; round++) {
    // The first third of the time is the warm-up.
    const counts = elapsed() > seconds / 3
    for (const row of ROWS.keys()) {
      const sums: [number, number] = [0, 0]
      for (const index of round % 2 ? ([0, 1, 1, 0] as const) : ([1, 0, 0, 1] as const)) {
        sums[index] += await time(index, row)
      }
      if (!counts) continue
      off[row]?.push(sums[0] / 2)
      added[row]?.push((sums[1] - sums[0]) / 2)
    }
  }
  for (const child of children) child.disconnect()
  await Promise.all(children.map((child) => once(child, 'exit')))
  return ROWS.map((_, row) => ({ off: median(off[row] ?? []), added: median(added[row] ?? []) }))
}

interface Estimate {
  median: number
  lower: number
  upper: number
}

/** The median with its 95 % interval from ranks, which holds for any distribution. It needs at least six samples. */
function estimate(samples: number[]): Estimate {
  const sorted = samples.toSorted((a, b) => a - b)
  const rank = Math.floor((sorted.length - 1.96 * Math.sqrt(sorted.length)) / 2)
  const bounds = sorted.length > 5 ? [sorted[rank], sorted.at(-1 - rank)] : []
  return { median: median(sorted), lower: bounds[0] ?? -Infinity, upper: bounds[1] ?? Infinity }
}

function checkTarget({ lower, upper }: Estimate, target: number): string {
  if (upper <= target) return 'reached'
  return lower > target ? 'MISSED' : 'undecided, the interval contains it'
}

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '6' },
  },
})

installFolder(FIXTURE)
const bridged: { off: number; added: number }[][] = []
const same: { off: number; added: number }[][] = []
for (let pair = 0; pair < Number(values.pairs); pair++) {
  bridged.push(await runPair(['off', 'on'], Number(values.seconds)))
  same.push(await runPair(['off', 'off'], Number(values.seconds)))
}
const show = ({ median, lower, upper }: Estimate) =>
  `${median.toFixed(0)} (${lower.toFixed(0)} to ${upper.toFixed(0)})`
console.log(
  'ns, medians of the pairs of processes (95 % interval); "no bridge": two processes without the bridge',
)
for (const [row, { name, target }] of ROWS.entries()) {
  const column = (pairs: typeof same) => pairs.map((pair) => pair[row]?.added ?? Number.NaN)
  const added = estimate(column(bridged))
  const without = median(bridged.map((pair) => pair[row]?.off ?? Number.NaN)).toFixed(0)
  const figures = [
    `without ${without}`,
    `bridge adds ${show(added)}`,
    `no bridge ${show(estimate(column(same)))}`,
  ]
  console.log(`${name.padEnd(22)} ${figures.join('   ')}   target ${target}: ${checkTarget(added, target)}`)
}

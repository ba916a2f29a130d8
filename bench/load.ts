/**
 * The cost of rum-llmobs in a whole agent backend: throughput, p99 and CPU time of the demo's server and research service
 * under autocannon, with OpenTelemetry alone and with rum-llmobs. Without telemetry for comparison.
 *
 * Processor and propagator are switched off and on in one running backend under constant load, so that both sides share
 * machine code, heap and slow moments of the machine. A round has four slices of time, off, on, on, off, or the reverse,
 * and gives one ratio. The result is the median of the rounds; for p99, the ratio over all requests. The interval holds
 * 95 % of the results of 2,000 resamplings of the rounds.
 *
 * One backend waits for its model, as agents do, at about half of its capacity. The busy backend's model answers at once,
 * so that every added microsecond costs throughput. In the busy backend, each call of processor and propagator and the
 * export of a span are timed too.
 *
 * ```sh
 * npm run bench:load -- --minutes 30
 * BENCH_SPANS=agent npm run bench:load   # spans: 'agent'
 * ```
 *
 * The exit code is 1 if a whole interval or the timed share lies above 1 %, or if the run fails.
 */
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { listen } from '../test/support/listen.js'
import {
  type Cost,
  costInP99,
  cpuOfRequest,
  interval,
  medianCost,
  type Pair,
  p99,
  pairsOf,
  secondsOfRequest,
} from './load-costs.js'
import { type Load, LoadedBackend, type Round, type Slice } from './load-slices.js'
import { microsecondsInside } from './load-timed.js'
import { median } from './median.js'

const BUDGET = 0.01
const WARM_UP_SECONDS = 40
// With fewer rounds the interval is too wide.
const MIN_ROUNDS = 10
const SET_UP = './bench/load-telemetry.ts'
const BUSY: Load = { thinkingMs: 0, connections: 8, settleMs: 100, sliceMs: 900 }
const WAITING: Load = { thinkingMs: 120, connections: 64, settleMs: 1000, sliceMs: 3000 }

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '20' } } })
const measuredSeconds = Number(values.minutes) * 60
if (!(measuredSeconds > 0)) throw new Error('--minutes must be a number of minutes')

// Accepts spans and drops them. A failing exporter would change the cost.
const sink = createServer((request, response) => request.resume().on('end', () => response.end()))
const sinkUrl = await listen(sink)

const busy = await compare(BUSY, measuredSeconds * 0.45)
const waiting = await compare(WAITING, measuredSeconds * 0.45)
const inside = await microsecondsInside(BUSY, sinkUrl, SET_UP, WARM_UP_SECONDS, measuredSeconds * 0.1)
sink.close()

let skipped = 0
const scope = process.env.BENCH_SPANS ?? 'llmobs'
console.log(`\nrum-llmobs, spans: '${scope}', compared with OpenTelemetry alone (0 % is no cost):`)
const isWithin = [...reportAll('waiting', waiting), ...reportAll('busy', busy), reportInside()]
const failed = isWithin.filter((within) => !within).length
console.log(`${isWithin.length - failed - skipped} passed, ${failed} failed, ${skipped} skipped`)
process.exit(failed === 0 ? 0 : 1)

async function compare(load: Load, seconds: number): Promise<Round[]> {
  const bare = await LoadedBackend.start(load, sinkUrl, null)
  await bare.warmUp(WARM_UP_SECONDS / 2)
  const without = await bare.slices(seconds / 20)
  await bare.stop()

  const observed = await LoadedBackend.start(load, sinkUrl, SET_UP)
  await observed.warmUp(WARM_UP_SECONDS)
  const rounds: Round[] = []
  const end = Date.now() + seconds * 950
  while (rounds.length < MIN_ROUNDS || Date.now() < end) rounds.push(await observed.round(rounds.length))
  await observed.stop()

  const model =
    load.thinkingMs === 0 ? 'busy: model answers at once' : `waiting: model takes ${load.thinkingMs} ms`
  console.log(
    `\n${model}, ${load.connections} connections, ${rounds.length} rounds; medians of slices, p99 of all requests:`,
  )
  print('no telemetry', without)
  print(
    'OpenTelemetry',
    rounds.flatMap(({ off }) => off),
  )
  print(
    'with rum-llmobs',
    rounds.flatMap(({ on }) => on),
  )
  return rounds
}

function print(variant: string, slices: Slice[]): void {
  const figures = [
    `${median(slices.map(({ seconds, latencies }) => latencies.length / seconds)).toFixed(1)} requests/s`,
    `p99 ${p99(slices).toFixed(1)} ms`,
    `${median(slices.map(cpuOfRequest)).toFixed(2)} ms CPU time per request`,
  ]
  console.log(`  ${variant.padEnd(22)} ${figures.join(', ')}`)
}

function reportAll(backend: string, rounds: Round[]): boolean[] {
  const pairs = pairsOf(rounds)
  return [
    report(`${backend}: throughput`, pairs, medianCost(secondsOfRequest), true),
    report(`${backend}: p99`, pairs, costInP99, true),
    report(`${backend}: CPU time`, pairs, medianCost(cpuOfRequest)),
  ]
}

/** Prints a cost and its interval. Returns whether the lower end of the interval is within the budget. */
function report(name: string, pairs: Pair[], cost: Cost, isKnown?: boolean): boolean {
  const [low, high] = interval(cost, pairs)
  if (Number.isNaN(low + high)) return notMeasured(name, isKnown)
  const result = high <= BUDGET ? 'within 1 %' : low > BUDGET ? 'ABOVE 1 %' : 'the interval contains 1 %'
  const spread = `95 % between ${percent(low)} and ${percent(high)}`
  console.log(`  ${name.padEnd(19)} ${percent(cost(pairs))}, ${spread}: ${result}`)
  return low <= BUDGET
}

function reportInside(): boolean {
  const cpu = median(pairsOf(busy).map(({ off }) => cpuOfRequest(off)))
  const share = (inside.calls + inside.exporting) / 1000 / cpu
  if (Number.isNaN(share)) return notMeasured('busy: timed calls')
  const parts = `${inside.calls.toFixed(0)} µs in processor and propagator, ${inside.exporting.toFixed(0)} µs in the export of attributes`
  console.log(
    `  busy: timed calls   ${percent(share)} of CPU time: ${parts}: ${share <= BUDGET ? 'within' : 'ABOVE'} 1 %`,
  )
  return share <= BUDGET
}

/** Counts a missing figure as skipped when it is CPU time outside Linux, otherwise as failed. */
function notMeasured(name: string, isKnown = process.platform === 'linux'): boolean {
  console.log(`  ${name.padEnd(19)} NOT MEASURED`)
  if (!isKnown) skipped++
  return !isKnown
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

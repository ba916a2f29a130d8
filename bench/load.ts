/**
 * What our parts cost a whole agent backend: throughput, p99 and CPU time of the demo's server and research service
 * under autocannon, with OpenTelemetry, and with OpenTelemetry and ours; without telemetry for comparison.
 *
 * Ours is switched off and on in one running backend under a load that never stops, so that both sides share machine
 * code, heap and the moods of the machine. A round is four slices of time, off on on off or the reverse, and gives one
 * ratio. The result is the median of the rounds, for p99 the ratio of all requests together, with the interval that
 * holds 95 % of the results of 2,000 resamplings of the rounds.
 * Two backends are looked at: one that waits for its model, as agents do, at about half of the load that it could bear;
 * and one whose model answers at once and costs nothing, so that it is always busy and all that ours takes is missing.
 * In the busy one each call of ours, and what its attributes add to the export of a span, is timed as well.
 *
 * ```sh
 * npm run bench:load -- --minutes 30
 * BENCH_SPANS=agent npm run bench:load   # the session on agent spans alone
 * ```
 *
 * The exit code is 1 only if a whole interval, or the time found inside, lies above 1 %, or the run itself fails.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import {
  type Cost,
  costInP99,
  cpuOfRequest,
  interval,
  median,
  medianCost,
  type Pair,
  p99,
  pairsOf,
  secondsOfRequest,
} from './load-costs.js'
import { type Load, LoadedBackend, type Round, type Slice } from './load-slices.js'
import { microsecondsInside } from './load-timed.js'

const BUDGET = 0.01
const WARM_UP_SECONDS = 40
// With fewer, an interval says little.
const MIN_ROUNDS = 10
const SET_UP = './bench/load-telemetry.ts'
const BUSY: Load = { thinkingMs: 0, connections: 8, settleMs: 100, sliceMs: 900 }
const WAITING: Load = { thinkingMs: 120, connections: 64, settleMs: 1000, sliceMs: 3000 }

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '20' } } })
const measuredSeconds = Number(values.minutes) * 60
if (!(measuredSeconds > 0)) throw new Error('--minutes must be a number of minutes')

// Takes spans and forgets them: an exporter that fails would cost something else.
const sink = createServer((request, response) => request.resume().on('end', () => response.end()))
sink.listen(0, '127.0.0.1')
await once(sink, 'listening')
const sinkUrl = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`

const busy = await compare(BUSY, measuredSeconds * 0.45)
const waiting = await compare(WAITING, measuredSeconds * 0.45)
const inside = await microsecondsInside(BUSY, sinkUrl, SET_UP, WARM_UP_SECONDS, measuredSeconds * 0.1)
sink.close()

let skipped = 0
const scope = process.env.BENCH_SPANS ?? 'llmobs'
console.log(`\nours, spans: '${scope}', against OpenTelemetry alone (above 0 % costs something):`)
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

  const wait =
    load.thinkingMs === 0 ? 'busy: model answers at once' : `waiting: model takes ${load.thinkingMs} ms`
  console.log(
    `\n${wait}, ${load.connections} connections, ${rounds.length} rounds; medians of slices, p99 of all requests:`,
  )
  print('no telemetry', without)
  print(
    'OpenTelemetry',
    rounds.flatMap(({ otel }) => otel),
  )
  print(
    'OpenTelemetry + ours',
    rounds.flatMap(({ ours }) => ours),
  )
  return rounds
}

function print(variant: string, slices: Slice[]): void {
  const figures = [
    `${median(slices.map(({ seconds, latencies }) => latencies.length / seconds)).toFixed(1)} requests/s`,
    `p99 ${p99(slices).toFixed(1)} ms`,
    `${median(slices.map(cpuOfRequest)).toFixed(2)} ms CPU a request`,
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

/** Prints a cost and its interval, and says whether the interval reaches down to the budget. */
function report(name: string, pairs: Pair[], cost: Cost, isKnown?: boolean): boolean {
  const [low, high] = interval(cost, pairs)
  if (Number.isNaN(low + high)) return notMeasured(name, isKnown)
  const verdict = high <= BUDGET ? 'within 1 %' : low > BUDGET ? 'ABOVE 1 %' : '1 % lies inside the spread'
  const spread = `95 % between ${percent(low)} and ${percent(high)}`
  console.log(`  ${name.padEnd(19)} ${percent(cost(pairs))}, ${spread}: ${verdict}`)
  return low <= BUDGET
}

function reportInside(): boolean {
  const cpu = median(pairsOf(busy).map(({ otel }) => cpuOfRequest(otel)))
  const share = (inside.calls + inside.exporting) / 1000 / cpu
  if (Number.isNaN(share)) return notMeasured('busy: timed inside')
  const parts = `${inside.calls.toFixed(0)} µs in our calls, ${inside.exporting.toFixed(0)} µs in the export of our attributes`
  console.log(
    `  busy: timed inside  ${percent(share)} of CPU time: ${parts}: ${share <= BUDGET ? 'within' : 'ABOVE'} 1 %`,
  )
  return share <= BUDGET
}

/** CPU time is known on Linux only. Anything else that is missing is a failure. */
function notMeasured(name: string, isKnown = process.platform === 'linux'): boolean {
  console.log(`  ${name.padEnd(19)} NOT MEASURED`)
  if (!isKnown) skipped++
  return !isKnown
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

/**
 * What our parts cost a whole agent backend: throughput, p99 and CPU time of the demo's server and research service
 * under autocannon, with no telemetry, with OpenTelemetry, and with OpenTelemetry and ours.
 *
 * Two backends run side by side, one without telemetry, one in which our parts are switched off and on. A round is one
 * slice of requests to each of the three, in turning order, so that a slow moment of the machine meets all alike; all
 * processes are started anew some times. Ratios are taken within a round, and their median stands beside the interval
 * that 95 % of 2,000 resamplings of the rounds fall into. The run fails when that interval lies above 1 % as a whole.
 * On a machine with anything else to do the interval is wider than 1 %; so each call of ours is also timed inside the
 * loaded backend, and the median of each kind, less W3CBaggagePropagator's own, held against a request's CPU time.
 *
 * ```sh
 * npm run bench:load -- --starts 3 --rounds 10 --requests 450
 * ```
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { AgentBackend } from '../interop/agent-backend.js'

const variants = ['no telemetry', 'OpenTelemetry', 'OpenTelemetry + ours'] as const
type Variant = (typeof variants)[number]

interface Slice {
  perSecond: number
  /** CPU milliseconds of both processes for one request; not known outside Linux. */
  cpu: number
  /** Milliseconds of each request. */
  latencies: number[]
}
type Round = Record<Variant, Slice>
type Timed = Record<string, { calls: number; milliseconds: number }>

const BUDGET = 0.01
const CONNECTIONS = 150
const WARM_UP = 2

const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '10' },
    requests: { type: 'string', default: '450' },
  },
})
const [starts, roundsPerStart, requests] = [
  Number(values.starts),
  Number(values.rounds),
  Number(values.requests),
]

// Takes spans and forgets them: an exporter that fails would cost something else.
const sink = createServer((request, response) => request.resume().on('end', () => response.end()))
sink.listen(0, '127.0.0.1')
await once(sink, 'listening')
const sinkUrl = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`

const rounds: Round[] = []
const timedInside: number[] = []
for (let start = 0; start < starts; start++) {
  const [bare, observed] = [await startBackend(null), await startBackend('./bench/load-telemetry.ts')]
  for (let turn = -WARM_UP; turn < roundsPerStart; turn++) {
    const round = {} as Round
    for (const variant of inTurn(turn + WARM_UP)) {
      if (variant !== 'no telemetry') await switchOurs(observed, variant === 'OpenTelemetry + ours')
      round[variant] = await measure(variant === 'no telemetry' ? bare : observed)
    }
    if (turn >= 0) rounds.push(round)
  }
  await Promise.all([bare.kill(), observed.stop()])
  timedInside.push(timedIn(observed) / ((roundsPerStart + WARM_UP) * requests))
  console.log(`start ${start + 1} of ${starts}: ${rounds.length} rounds measured`)
}
sink.close()

console.log(
  `\n${rounds.length} rounds, ${requests} requests over ${CONNECTIONS} connections to each variant a round; medians:`,
)
for (const variant of variants) {
  const slices = rounds.map((round) => round[variant])
  const figures = [
    `${median(slices.map(({ perSecond }) => perSecond)).toFixed(1)} requests/s`,
    `p99 ${p99(slices).toFixed(0)} ms`,
    `${median(slices.map(({ cpu }) => cpu)).toFixed(2)} ms CPU a request`,
  ]
  console.log(`  ${variant.padEnd(22)} ${figures.join(', ')}`)
}
console.log('\nours against OpenTelemetry alone (above 0 % costs something):')
const costs = [
  report('throughput', (some) => median(some.map((round) => ratio(round, ({ perSecond }) => 1 / perSecond)))),
  report('p99', (some) => p99(slicesOf(some, 'OpenTelemetry + ours')) / p99(slicesOf(some, 'OpenTelemetry'))),
  report('CPU time', (some) => median(some.map((round) => ratio(round, ({ cpu }) => cpu)))),
  reportTimed(),
]
const failed = costs.filter((isWithin) => !isWithin).length
console.log(`${costs.length - failed} passed, ${failed} failed, 0 skipped`)
process.exit(failed === 0 ? 0 : 1)

function startBackend(setUp: string | null): Promise<AgentBackend> {
  return AgentBackend.start({ setUp, env: { OTEL_EXPORTER_OTLP_ENDPOINT: sinkUrl, VIEWER_URL: sinkUrl } })
}

async function switchOurs({ server, research }: AgentBackend, on: boolean): Promise<void> {
  for (const { pid } of [server, research]) process.kill(pid, on ? 'SIGUSR2' : 'SIGHUP')
  await sleep(50)
}

async function measure({ url, server, research }: AgentBackend): Promise<Slice> {
  const latencies: number[] = []
  const cpuBefore = cpuOf(server.pid) + cpuOf(research.pid)
  const began = performance.now()
  await new Promise<void>((resolve, reject) => {
    const run = autocannon(
      {
        url: `${url}/api/ask`,
        connections: CONNECTIONS,
        amount: requests,
        timeout: 120,
        method: 'POST',
        body: JSON.stringify({ question: 'Where is order 1042, and what about rain?' }),
        requests: [{ setupRequest: (request) => ({ ...request, headers: headers() }) }],
      },
      (error, { errors, non2xx }) => {
        if (error || errors + non2xx > 0) reject(error ?? new Error(`${errors + non2xx} requests failed`))
        else resolve()
      },
    )
    run.on('response', (_client, _status, _bytes, milliseconds) => latencies.push(milliseconds))
  })
  const seconds = (performance.now() - began) / 1000
  return {
    perSecond: requests / seconds,
    cpu: (cpuOf(server.pid) + cpuOf(research.pid) - cpuBefore) / requests,
    latencies,
  }
}

/** As a browser with our propagator sends them: a trace and a session of its own for each request. */
function headers(): Record<string, string> {
  return {
    'content-type': 'application/json',
    traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
    baggage: `session.id=${randomUUID()}`,
  }
}

/** Milliseconds of CPU that a process has used, from fields 14 and 15 of `/proc/<pid>/stat`, in ticks of 10 ms. */
function cpuOf(pid: number): number {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return Number.NaN
  const fields = readFileSync(file, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Prints a cost and its interval, and says whether the budget is inside or above that interval. */
function report(name: string, costOf: (some: Round[]) => number): boolean {
  const resampled = Array.from({ length: 2000 }, () => costOf(rounds.map(() => pick(rounds))) - 1).sort(
    (a, b) => a - b,
  )
  const [low = Number.NaN, high = Number.NaN] = [resampled[50], resampled[1949]]
  const [cost, from, to] = [costOf(rounds) - 1, low, high].map((value) => `${(value * 100).toFixed(2)} %`)
  const verdict = high <= BUDGET ? 'within 1 %' : low > BUDGET ? 'ABOVE 1 %' : '1 % lies inside the spread'
  console.log(`  ${name.padEnd(12)} ${cost}, 95 % between ${from} and ${to}: ${verdict}`)
  return !(low > BUDGET)
}

function reportTimed(): boolean {
  const spent = median(timedInside)
  const share = spent / median(rounds.map((round) => round.OpenTelemetry.cpu))
  const verdict = share <= BUDGET ? 'within 1 %' : 'ABOVE 1 %'
  console.log(
    `  timed inside ${(spent * 1000).toFixed(0)} µs a request, ${(share * 100).toFixed(2)} % of its CPU time: ${verdict}`,
  )
  return !(share > BUDGET)
}

/** Milliseconds that ours took in both processes, less what W3CBaggagePropagator takes for the same calls. */
function timedIn({ server, research }: AgentBackend): number {
  let sum = 0
  for (const { output } of [server, research]) {
    const timed = JSON.parse(/timed (.*)\n$/.exec(output)?.[1] ?? '{}') as Timed
    for (const [name, { calls, milliseconds }] of Object.entries(timed)) {
      sum += (name.startsWith('W3C') ? -1 : 1) * calls * milliseconds
    }
  }
  return sum
}

function ratio(round: Round, value: (slice: Slice) => number): number {
  return value(round['OpenTelemetry + ours']) / value(round.OpenTelemetry)
}

function slicesOf(some: Round[], variant: Variant): Slice[] {
  return some.map((round) => round[variant])
}

function p99(slices: Slice[]): number {
  const latencies = Float64Array.from(slices.flatMap((slice) => slice.latencies)).sort()
  return latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN
}

function median(samples: number[]): number {
  return samples.toSorted((a, b) => a - b)[samples.length >> 1] ?? Number.NaN
}

function pick<T>(items: readonly T[]): T {
  return items[Math.floor(Math.random() * items.length)] as T
}

function inTurn(turn: number): Variant[] {
  const shifted = [...variants.slice(turn % 3), ...variants.slice(0, turn % 3)]
  return turn % 2 === 0 ? shifted : shifted.reverse()
}

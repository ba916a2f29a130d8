/**
 * What bridgeDdTrace adds to a span of dd-trace and to an incoming HTTP request, with LLM Observability on. Pairs of
 * processes, one with the bridge and one without: switching it on and off in one process would measure how the engine
 * optimises again what it had optimised. dd-trace is the one of a compat fixture, installed if need be.
 *
 * ```sh
 * npx tsx bench/dd-trace.ts
 * ```
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { bridgeDdTrace } from '@rum-llmobs/node-span-processor/dd-trace'
import { installLocked } from '../compat/install.js'

const FIXTURE = join(import.meta.dirname, '../compat/dd-trace-5.132')

// Spans are kept from being formatted and sent while they are timed.
Object.assign(process.env, {
  DD_LLMOBS_ENABLED: '1',
  DD_LLMOBS_ML_APP: 'bench',
  DD_LLMOBS_AGENTLESS_ENABLED: '0',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: '0',
  DD_REMOTE_CONFIGURATION_ENABLED: '0',
  DD_TRACE_STARTUP_LOGS: '0',
  DD_TRACE_PARTIAL_FLUSH_MIN_SPANS: '1000000000',
  DD_TRACE_SAMPLE_RATE: '0',
})

interface DdSpan {
  finish(): void
}
interface DdTracer {
  init(options: { flushInterval: number; port: number }): DdTracer
  startSpan(name: string, options?: { childOf: DdSpan }): DdSpan
}

installLocked(FIXTURE)
const require = createRequire(join(FIXTURE, 'package.json'))
const tracer = (require('dd-trace') as DdTracer).init({ flushInterval: 3_600_000, port: 9 })
const http = require('node:http') as typeof import('node:http')

const BAGGAGE = 'tier=gold,session.id=00aabbcc-0000-4000-8000-123456789abc'
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const server = http.createServer((_req, res) => res.end('ok'))

/** One request on a kept-alive connection that no network is part of. */
class Connection extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done()
    this.emit('answered')
  }
  async request(headers: string): Promise<void> {
    const answered = once(this, 'answered')
    this.push(`GET / HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`)
    await answered
  }
}

function connect(): Connection {
  const connection = new Connection()
  server.emit('connection', connection)
  return connection
}

type Round = (iterations: number) => void | Promise<void>

const childSpans: Round = (iterations) => {
  // A trace of unlimited length would measure how the garbage collector copies it.
  for (let i = 0; i < iterations; i += 50) {
    const root = tracer.startSpan('root')
    for (let child = 0; child < 50; child++) tracer.startSpan('child', { childOf: root }).finish()
  }
}

function requests(headers: string): Round {
  return async (iterations) => {
    const connection = connect()
    for (let i = 0; i < iterations; i++) await connection.request(headers)
    connection.destroy()
  }
}

/** Nanoseconds of processor time per iteration: time on the clock would count what else the machine does. */
async function time(round: Round, iterations: number): Promise<number> {
  const start = process.cpuUsage()
  await round(iterations)
  const { user, system } = process.cpuUsage(start)
  return ((user + system) * 1_000) / iterations
}

const quantile = (samples: number[], share: number) =>
  samples.toSorted((a, b) => a - b)[Math.floor(samples.length * share)] ?? Number.NaN

const trace = `traceparent: ${TRACEPARENT}\r\n`
const CASES: [name: string, round: Round, iterations: number, target: number][] = [
  ['span in a trace', childSpans, 20_000, 50],
  ['request without baggage', requests(trace), 200, 2_000],
  ['request with a session', requests(`${trace}baggage: ${BAGGAGE}\r\n`), 200, 2_000],
]

/** In a child process: a low quantile, because the disturbances of a shared machine only ever add. */
async function measure(): Promise<number[]> {
  const figures: number[] = []
  for (const [, round, iterations] of CASES) {
    const samples: number[] = []
    for (let count = 0; count < 40; count++) samples.push(await time(round, iterations))
    figures.push(quantile(samples, 0.1))
  }
  return figures
}

async function inChild(mode: 'on' | 'off'): Promise<number[]> {
  const child = fork(import.meta.filename, [mode])
  const [figures] = (await once(child, 'message')) as [number[]]
  return figures
}

if (process.argv[2]) {
  if (process.argv[2] === 'on') bridgeDdTrace()
  process.send?.(await measure(), () => process.exit())
} else {
  const pairs: { on: number[]; off: number[] }[] = []
  for (let pair = 0; pair < 6; pair++) {
    const order = pair % 2 ? (['on', 'off'] as const) : (['off', 'on'] as const)
    const figures = { [order[0]]: await inChild(order[0]), [order[1]]: await inChild(order[1]) }
    pairs.push(figures as { on: number[]; off: number[] })
  }
  for (const [index, [name, , , target]] of CASES.entries()) {
    const off = pairs.map((pair) => pair.off[index] ?? Number.NaN)
    const on = pairs.map((pair) => pair.on[index] ?? Number.NaN)
    const without = quantile(off, 0.5)
    const added = quantile(
      on.map((value, pair) => value - (off[pair] ?? Number.NaN)),
      0.5,
    )
    const figures = [
      `without ${without.toFixed(0)} ns`,
      `bridge adds ${added.toFixed(0)} ns`,
      `target ${target} ns`,
    ]
    console.log(`${name.padEnd(26)} ${figures.join('   ')}${added > target ? '   missed' : ''}`)
  }
  process.exit()
}

/** A process that bench/dd-trace.ts measures: dd-trace with the bridge (argument `on`) or without it (`off`). */
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { bridgeDdTrace } from '@rum-llmobs/node-span-processor/dd-trace'

const FIXTURE = join(import.meta.dirname, '../test/versions/dd-trace-5.132')

/** Message of the parent. The answer is the nanoseconds of one iteration. */
interface SliceOrder {
  slice: 'span' | 'get' | 'getSession' | 'postSession' | 'awaits'
  iterations: number
}

type Slice = (iterations: number) => void | Promise<void>
type Mode = 'on' | 'off'

/** A kept-alive connection in memory. */
class Connection extends Duplex {
  #requests = 0

  override _read(): void {}
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done()
    this.emit('answered')
  }
  async request(line: string, session: boolean, body = ''): Promise<void> {
    this.#requests = (this.#requests + 1) % 64
    const id = `00aabbcc-0000-4000-8000-1234567890${this.#requests + 10}`
    const headers = [
      `${line} HTTP/1.1`,
      'host: localhost',
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      ...(session ? [`baggage: tier=gold,session.id=${id}`] : []),
      ...(body ? [`content-length: ${body.length}`] : []),
    ]
    const answered = once(this, 'answered')
    this.push(`${headers.join('\r\n')}\r\n\r\n${body}`)
    await answered
  }
}

/** The work to time. dd-trace neither formats nor sends the spans, so that only the bridge's cost is added. */
function slices(mode: Mode): Record<SliceOrder['slice'], Slice> {
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
  if (mode === 'on') bridgeDdTrace()
  const require = createRequire(join(FIXTURE, 'package.json'))
  const tracer = require('dd-trace').init({ flushInterval: 3_600_000, port: 9 })
  const http = require('node:http') as typeof import('node:http')
  const server = http.createServer(async (req, res) => {
    if (req.url === '/awaits') for (let count = 0; count < 50; count++) await null
    if (req.method === 'POST') req.resume().once('end', () => res.end('ok'))
    else res.end('ok')
  })
  const connection = new Connection()
  server.emit('connection', connection)
  const requests =
    (line: string, session: boolean, body?: string): Slice =>
    async (iterations) => {
      for (let i = 0; i < iterations; i++) await connection.request(line, session, body)
    }
  const spans: Slice = (iterations) => {
    // A longer trace would measure the garbage collector.
    for (let i = 0; i < iterations; i += 50) {
      const root = tracer.startSpan('root')
      for (let child = 0; child < 50; child++) tracer.startSpan('child', { childOf: root }).finish()
    }
  }
  return {
    span: spans,
    get: requests('GET /', false),
    getSession: requests('GET /', true),
    postSession: requests('POST /', true, 'body'),
    awaits: requests('GET /awaits', true),
  }
}

const all = slices(process.argv[2] as Mode)
process.on('disconnect', () => process.exit())
process.on('message', async ({ slice, iterations }: SliceOrder) => {
  const run = all[slice]
  // The CPU caches hold data of the other process.
  await run(iterations >> 2)
  const start = process.hrtime.bigint()
  await run(iterations)
  process.send?.(Number(process.hrtime.bigint() - start) / iterations)
})
process.send?.('ready')

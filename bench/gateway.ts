/**
 * The cost of the two-tier gateway of `demo/collector`: CPU time of each tier per span, and memory of the second tier per
 * trace that waits for its decision. A trace is like one of the demo: two services, 24 spans, every second one an LLM
 * Observability span with a session. Needs Linux, because it reads `/proc`.
 *
 * ```sh
 * npx tsx bench/gateway.ts --traces 4000
 * ```
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Collector } from '../test/support/collector.js'
import { listen } from '../test/support/listen.js'
import { SpanEmitter, type SpanShape } from '../test/support/span-emitter.js'

const SPANS = 24
const HOLD_SECONDS = 60

const { values } = parseArgs({ options: { traces: { type: 'string', default: '4000' } } })
const traces = Number(values.traces)

const sink = createServer((request, response) => request.resume().on('end', () => response.end()))
const sampler = await Collector.start(['gateway-sampling.yaml'], {
  OTLP_URL: await listen(sink),
  GATEWAY_DECISION_WAIT: `${HOLD_SECONDS}s`,
})
const router = await Collector.start(['gateway-routing.yaml'], {
  GATEWAY_SAMPLERS: `[${new URL(sampler.grpcUrl).host}]`,
})
const services = ['shop-server', 'research-service'].map(
  (name) => new SpanEmitter(router.httpUrl, { 'service.name': name }),
)

const tiers = { router: router.process.pid, sampler: sampler.process.pid }
await send(traces / 10)
const before = { router: usage(tiers.router), sampler: usage(tiers.sampler) }
const started = performance.now()
await send(traces)
await sleep(2000)
const after = { router: usage(tiers.router), sampler: usage(tiers.sampler) }
const seconds = (performance.now() - started) / 1000

console.log(
  `${traces} traces of ${SPANS} spans in ${seconds.toFixed(1)} s, before any decision of the sampler`,
)
for (const tier of ['router', 'sampler'] as const) {
  const cpu = ((after[tier].cpu - before[tier].cpu) * 1000) / (traces * SPANS)
  console.log(
    `  ${tier}: ${cpu.toFixed(1)} µs CPU time per span, ${Math.round(1e6 / cpu)} spans/s on one core`,
  )
}
const held = (after.sampler.memory - before.sampler.memory) / traces
console.log(`  sampler: ${(held / 1024).toFixed(1)} KiB of memory per waiting trace`)

await Promise.all([router, sampler].map((collector) => collector.process.kill()))
sink.close()
console.log('1 passed, 0 failed, 0 skipped')
process.exit()

async function send(count: number): Promise<void> {
  for (let trace = 0; trace < count; trace++) {
    const [server, research] = services as [SpanEmitter, SpanEmitter]
    const context = server.emit(requestOf(SPANS / 2, `session-${trace}`))
    research.emit(requestOf(SPANS / 2, `session-${trace}`), context)
    // Flushes before the queue of the batch processor is full.
    if (trace % 40 === 39) await Promise.all(services.map((service) => service.flush()))
  }
  await Promise.all(services.map((service) => service.flush()))
}

function requestOf(spans: number, session: string): SpanShape {
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'assistant-model',
    'gen_ai.input.messages': 'Where is order 1042, and what about rain? '.repeat(8),
    'session.id': session,
    session_id: session,
    'gen_ai.conversation.id': session,
  }
  const children = Array.from({ length: spans - 1 }, (_, index) =>
    index % 2 === 0
      ? { name: 'chat', attributes }
      : { name: 'middleware', attributes: { 'http.route': '/api/ask' } },
  )
  return { name: 'POST /api/ask', attributes: { 'http.route': '/api/ask' }, children }
}

/** CPU milliseconds, from fields 14 and 15 of `stat`, and resident bytes, from `statm`. */
function usage(pid: number): { cpu: number; memory: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  const [, resident = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')
  return { cpu: (Number(fields[11]) + Number(fields[12])) * 10, memory: Number(resident) * 4096 }
}

/**
 * The time that LlmObsSessionSpanProcessor adds to a span from start to end, compared with BaggageSpanProcessor. The floor
 * is the same span with a processor that does nothing.
 *
 * ```sh
 * npx tsx bench/span-processor.ts
 * ```
 */
import { type Attributes, type Context, propagation, ROOT_CONTEXT, type Tracer } from '@opentelemetry/api'
import { ALLOW_ALL_BAGGAGE_KEYS, BaggageSpanProcessor } from '@opentelemetry/baggage-span-processor'
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'
import { pairedRounds } from './paired-rounds.js'

const ROUNDS = 1_500
const ITERATIONS = 200

const NOOP: SpanProcessor = {
  onStart() {},
  onEnding() {},
  onEnd() {},
  forceFlush: async () => {},
  shutdown: async () => {},
}

interface Workload {
  span: string
  entries: number
  run(tracer: Tracer, context: Context): void
  /** Highest ratio of the time that onStart and onEnding add to the time that BaggageSpanProcessor adds. */
  target?: number
}

const AGENT: Attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.provider.name': 'openai' }
const PLAIN: Attributes = { 'db.system.name': 'postgresql', 'server.address': 'db.internal' }

const WORKLOADS: Workload[] = [
  { span: 'agent', entries: 0, run: life(AGENT) },
  { span: 'agent', entries: 1, run: life(AGENT), target: 0.35 },
  { span: 'agent', entries: 10, run: life(AGENT), target: 0.25 },
  { span: 'agent, shown later', entries: 1, run: life({}, { 'openinference.span.kind': 'AGENT' }) },
  { span: 'agent, shown later', entries: 10, run: life({}, { 'openinference.span.kind': 'AGENT' }) },
  { span: 'plain', entries: 0, run: life(PLAIN) },
  { span: 'plain', entries: 1, run: life(PLAIN) },
  { span: 'plain', entries: 10, run: life(PLAIN), target: 0.1 },
  { span: 'whole request', entries: 1, run: request },
  { span: 'whole request', entries: 10, run: request },
]

function life(start: Attributes, later?: Attributes): Workload['run'] {
  return (tracer, context) => {
    const span = tracer.startSpan('work', { attributes: start }, context)
    if (later) span.setAttributes(later)
    span.end()
  }
}

/** The spans of an agent's request: four plain spans, an agent, two model calls and a tool. */
function request(tracer: Tracer, context: Context): void {
  const server = tracer.startSpan('POST', { attributes: { 'http.request.method': 'POST' } }, context)
  const agent = tracer.startSpan('agent', { attributes: AGENT }, context)
  for (const operation of ['chat', 'execute_tool', 'chat']) {
    const step = tracer.startSpan(operation, { attributes: { 'gen_ai.operation.name': operation } }, context)
    const call = tracer.startSpan('POST', { attributes: { 'http.request.method': 'POST' } }, context)
    call.setAttribute('http.response.status_code', 200).end()
    step.setAttribute('gen_ai.usage.output_tokens', 42).end()
  }
  agent.end()
  server.setAttribute('http.response.status_code', 200).end()
}

function contextWith(entries: number): Context {
  if (entries === 0) return ROOT_CONTEXT
  let baggage = propagation.createBaggage({
    'session.id': { value: 'f2a1c3d4-0000-4000-8000-00000000000a' },
  })
  for (let i = 1; i < entries; i++) baggage = baggage.setEntry(`tenant.${i}`, { value: `value-${i}` })
  return propagation.setBaggage(ROOT_CONTEXT, baggage)
}

/** The processor without onEnd, which reads the attributes again after other processors. */
function startAndEnding(): SpanProcessor {
  const processor = new LlmObsSessionSpanProcessor()
  return {
    ...NOOP,
    onStart: (span, context) => processor.onStart(span, context),
    onEnding: (span) => processor.onEnding(span),
  }
}

function caseOf({ run, entries }: Workload, processor: SpanProcessor): () => void {
  const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer('bench')
  const context = contextWith(entries)
  return () => run(tracer, context)
}

let missed = 0
console.log(
  '| span | baggage entries | floor | onStart + onEnding add | with onEnd | BaggageSpanProcessor adds | ratio | target |',
)
console.log('|---|---:|---:|---:|---:|---:|---:|---|')
for (const workload of WORKLOADS) {
  const median = pairedRounds({
    rounds: ROUNDS,
    iterations: workload.run === request ? ITERATIONS / 8 : ITERATIONS,
    cases: {
      floor: caseOf(workload, NOOP),
      session: caseOf(workload, startAndEnding()),
      withEnd: caseOf(workload, new LlmObsSessionSpanProcessor()),
      baggage: caseOf(workload, new BaggageSpanProcessor(ALLOW_ALL_BAGGAGE_KEYS)),
    },
  })
  const session = median.session - median.floor
  const baggage = median.baggage - median.floor
  // Without baggage both differences are noise, so there is no ratio.
  const ratio = workload.entries > 0 ? session / baggage : undefined
  const isMissed = workload.target !== undefined && !((ratio ?? Number.NaN) <= workload.target)
  if (isMissed) missed++
  const target =
    workload.target === undefined ? '' : `≤ ${workload.target}: ${isMissed ? 'missed' : 'reached'}`
  const nanoseconds = [median.floor, session, median.withEnd - median.floor, baggage]
    .map((value) => `${value.toFixed(0)} ns`)
    .join(' | ')
  console.log(
    `| ${workload.span} | ${workload.entries} | ${nanoseconds} | ${ratio?.toFixed(2) ?? ''} | ${target} |`,
  )
}
console.log(missed === 0 ? 'All targets reached.' : `${missed} targets missed.`)

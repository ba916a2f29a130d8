import type { TextMapPropagator } from '@opentelemetry/api'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { FirstPartyBaggagePropagator, LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'
import { startTelemetry } from '../demo/server/src/start-telemetry.js'
import { CallTimes } from './call-times.js'

/**
 * The demo's set-up, with processor and propagator that SIGHUP switches off and SIGUSR2 switches on. One process, with the
 * same machine code and heap, serves both sides of the comparison. With BENCH_TIMED each of their calls is timed, and
 * SIGTERM prints the times. BENCH_SPANS is the option `spans` of the processor.
 */
const times = process.env.BENCH_TIMED ? new CallTimes() : undefined
function timed<T>(name: string, call: () => T, items = 1): T {
  return times ? times.measure(`${isOn ? 'on' : 'off'} ${name}`, call, items) : call()
}

let isOn = true
process.on('SIGHUP', () => switchTo(false))
process.on('SIGUSR2', () => switchTo(true))
process.on('SIGTERM', () => {
  if (times) console.log(`timed ${JSON.stringify(times)}`)
  process.exit()
})

/** Exports the spans so far, so that each side pays for the export of its spans. */
async function switchTo(on: boolean): Promise<void> {
  await batch.forceFlush()
  isOn = on
}

const processor = new LlmObsSessionSpanProcessor({
  spans: (process.env.BENCH_SPANS ?? 'llmobs') as 'llmobs' | 'agent' | 'all',
})
const noop = (): void => {}
// Both sides are timed, so that the timer slows both equally.
const switchedProcessor: SpanProcessor = {
  onStart: (span, context) => timed('onStart', isOn ? () => processor.onStart(span, context) : noop),
  onEnding: (span) => timed('onEnding', isOn ? () => processor.onEnding(span) : noop),
  onEnd: (span) => timed('onEnd', isOn ? () => processor.onEnd(span) : noop),
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}

const baggage = new W3CBaggagePropagator()
const guard = new FirstPartyBaggagePropagator({ propagator: baggage })
const switchedBaggage: TextMapPropagator = {
  inject: (...call) => timed('inject', () => (isOn ? guard : baggage).inject(...call)),
  extract: (...call) => timed('extract', () => (isOn ? guard : baggage).extract(...call)),
  fields: () => baggage.fields(),
}

const exporter = new OTLPTraceExporter()
const timedExporter: SpanExporter = {
  // export() returns after serialization.
  export: (spans, done) => timed('export', () => exporter.export(spans, done), spans.length),
  forceFlush: () => exporter.forceFlush(),
  shutdown: () => exporter.shutdown(),
}
const batch = new BatchSpanProcessor(timedExporter)

startTelemetry({
  spanProcessors: [switchedProcessor, batch],
  textMapPropagator: new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), switchedBaggage],
  }),
})

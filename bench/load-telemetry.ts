import type { TextMapPropagator } from '@opentelemetry/api'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { FirstPartyBaggagePropagator, LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'
import { startTelemetry } from '../demo/server/src/start-telemetry.js'
import { CallTimes } from './call-times.js'

/**
 * The demo's set-up, in which our parts can be switched off (SIGHUP) and on again (SIGUSR2): one process with the same
 * machine code and heap serves both sides of the comparison. With BENCH_TIMED set, each call of ours is timed as well,
 * and SIGTERM prints the sums. BENCH_SPANS, if set, is the processor's option `spans`: which spans get the session.
 */
const times = process.env.BENCH_TIMED ? new CallTimes() : undefined
function timed<T>(name: string, call: () => T, items = 1): T {
  return times ? times.measure(`${isOurs ? 'ours' : 'theirs'} ${name}`, call, items) : call()
}

let isOurs = true
process.on('SIGHUP', () => switchTo(false))
process.on('SIGUSR2', () => switchTo(true))
process.on('SIGTERM', () => {
  if (times) console.log(`timed ${JSON.stringify(times)}`)
  process.exit()
})

/** Sends off what was made until now, so that each side pays for the export of its own spans. */
async function switchTo(on: boolean): Promise<void> {
  await batch.forceFlush()
  isOurs = on
}

const ourProcessor = new LlmObsSessionSpanProcessor({
  spans: (process.env.BENCH_SPANS ?? 'llmobs') as 'llmobs' | 'agent' | 'all',
})
const nothing = (): void => {}
// Timed on both sides, where timing is on, so that timing itself slows both alike.
const switched: SpanProcessor = {
  onStart: (span, context) => timed('onStart', isOurs ? () => ourProcessor.onStart(span, context) : nothing),
  onEnding: (span) => timed('onEnding', isOurs ? () => ourProcessor.onEnding(span) : nothing),
  onEnd: (span) => timed('onEnd', isOurs ? () => ourProcessor.onEnd(span) : nothing),
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}

const baggage = new W3CBaggagePropagator()
const ourPropagator = new FirstPartyBaggagePropagator({ propagator: baggage })
const switchedBaggage: TextMapPropagator = {
  inject: (...call) => timed('inject', () => (isOurs ? ourPropagator : baggage).inject(...call)),
  extract: (...call) => timed('extract', () => (isOurs ? ourPropagator : baggage).extract(...call)),
  fields: () => baggage.fields(),
}

const exporter = new OTLPTraceExporter()
const switchedExporter: SpanExporter = {
  // Serialization is over when export() returns.
  export: (spans, done) => timed('export', () => exporter.export(spans, done), spans.length),
  forceFlush: () => exporter.forceFlush(),
  shutdown: () => exporter.shutdown(),
}
const batch = new BatchSpanProcessor(switchedExporter)

startTelemetry({
  spanProcessors: [switched, batch],
  textMapPropagator: new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), switchedBaggage],
  }),
})

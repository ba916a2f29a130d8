import { register } from 'node:module'
import { OpenTelemetry } from '@ai-sdk/otel'
import type { TextMapPropagator } from '@opentelemetry/api'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { FirstPartyBaggagePropagator, LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'
import { registerTelemetry } from 'ai'

/**
 * The demo's set-up, in which our parts can be switched off (SIGHUP) and on again (SIGUSR2): one process with the same
 * machine code and heap serves both sides of the comparison.
 */
let isOurs = true
const durations: Record<string, number[]> = {}
process.on('SIGHUP', () => {
  isOurs = false
})
process.on('SIGUSR2', () => {
  isOurs = true
})
// Medians, because on a busy machine the mean is that of the moments in which something else ran.
process.on('SIGTERM', () => {
  const medians = Object.entries(durations).map(([name, all]) => {
    const median = all.sort((a, b) => a - b)[all.length >> 1] ?? 0
    return [name, { calls: all.length, milliseconds: median }]
  })
  console.log(`timed ${JSON.stringify(Object.fromEntries(medians))}`)
  process.exit()
})

function timed<T>(name: string, call: () => T): T {
  const start = performance.now()
  const result = call()
  const all = durations[name] ?? []
  durations[name] = all
  all.push(performance.now() - start)
  return result
}

const ourProcessor = new LlmObsSessionSpanProcessor()
const switched: SpanProcessor = {
  onStart: (span, context) => isOurs && timed('onStart', () => ourProcessor.onStart(span, context)),
  onEnding: (span) => isOurs && timed('onEnding', () => ourProcessor.onEnding(span)),
  onEnd: () => {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}
const baggage = new W3CBaggagePropagator()
const ourPropagator = new FirstPartyBaggagePropagator({ propagator: baggage })
const switchedBaggage: TextMapPropagator = {
  inject: (...call) =>
    isOurs
      ? timed('inject', () => ourPropagator.inject(...call))
      : timed('W3C inject', () => baggage.inject(...call)),
  extract: (...call) =>
    isOurs
      ? timed('extract', () => ourPropagator.extract(...call))
      : timed('W3C extract', () => baggage.extract(...call)),
  fields: () => baggage.fields(),
}

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)
new NodeSDK({
  instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation(), new UndiciInstrumentation()],
  spanProcessors: [switched, new BatchSpanProcessor(new OTLPTraceExporter())],
  textMapPropagator: new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), switchedBaggage],
  }),
}).start()
registerTelemetry(new OpenTelemetry({ agentSpanName: 'functionId' }))

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
process.on('SIGHUP', () => {
  isOurs = false
})
process.on('SIGUSR2', () => {
  isOurs = true
})

const ourProcessor = new LlmObsSessionSpanProcessor()
const switched: SpanProcessor = {
  onStart: (span, context) => isOurs && ourProcessor.onStart(span, context),
  onEnding: (span) => isOurs && ourProcessor.onEnding(span),
  onEnd: () => {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}
const baggage = new W3CBaggagePropagator()
const ourPropagator = new FirstPartyBaggagePropagator({ propagator: baggage })
const switchedBaggage: TextMapPropagator = {
  inject: (...call) => (isOurs ? ourPropagator : baggage).inject(...call),
  extract: (...call) => (isOurs ? ourPropagator : baggage).extract(...call),
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

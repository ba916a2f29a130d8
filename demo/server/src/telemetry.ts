import { register } from 'node:module'
import { OpenTelemetry } from '@ai-sdk/otel'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { FirstPartyBaggagePropagator, LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'
import { registerTelemetry } from 'ai'
import { traceExporter } from './trace-exporter.js'

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)

const sdk = new NodeSDK({
  instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation(), new UndiciInstrumentation()],
  spanProcessors: [new LlmObsSessionSpanProcessor(), new BatchSpanProcessor(traceExporter())],
  textMapPropagator: new CompositePropagator({
    propagators: [
      new W3CTraceContextPropagator(),
      new FirstPartyBaggagePropagator({ propagator: new W3CBaggagePropagator() }),
    ],
  }),
})
sdk.start()
registerTelemetry(new OpenTelemetry({ agentSpanName: 'functionId' }))

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => sdk.shutdown().finally(() => process.exit(0)))
}

import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { FirstPartyBaggagePropagator, LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'
import { startTelemetry } from './start-telemetry.js'
import { traceExporter } from './trace-exporter.js'

const sdk = startTelemetry({
  spanProcessors: [new LlmObsSessionSpanProcessor(), new BatchSpanProcessor(traceExporter())],
  textMapPropagator: new CompositePropagator({
    propagators: [
      new W3CTraceContextPropagator(),
      new FirstPartyBaggagePropagator({ propagator: new W3CBaggagePropagator() }),
    ],
  }),
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => sdk.shutdown().finally(() => process.exit(0)))
}

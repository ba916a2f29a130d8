import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace'
import { LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'

new NodeSDK({
  spanProcessors: [
    new LlmObsSessionSpanProcessor(),
    new BatchSpanProcessor({ exporter: new OTLPTraceExporter() }),
  ],
  instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
}).start()

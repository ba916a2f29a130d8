// The exporter speaks gRPC, whatever OTEL_EXPORTER_OTLP_PROTOCOL says.
import { register } from 'node:module'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)

new NodeSDK({
  spanProcessors: [new LlmObsSessionSpanProcessor(), new BatchSpanProcessor(new OTLPTraceExporter())],
  instrumentations: [new HttpInstrumentation()],
}).start()

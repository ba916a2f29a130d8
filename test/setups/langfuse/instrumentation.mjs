import { LangfuseSpanProcessor } from '@langfuse/otel'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

new NodeSDK({
  spanProcessors: [new LangfuseSpanProcessor(), new BatchSpanProcessor(new OTLPTraceExporter())],
}).start()

import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import * as logfire from '@pydantic/logfire-node'

logfire.configure({
  serviceName: 'shop',
  sendToLogfire: 'if-token-present',
  additionalSpanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
})

const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici')
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { BatchSpanProcessor } = require('@opentelemetry/sdk-trace')
const { LlmObsSessionSpanProcessor } = require('@rum-llmobs/node-span-processor')

new NodeSDK({
  spanProcessors: [
    new LlmObsSessionSpanProcessor(),
    new BatchSpanProcessor({ exporter: new OTLPTraceExporter() }),
  ],
  instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
}).start()

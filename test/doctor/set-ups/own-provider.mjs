// The framework makes its spans with a provider of its own, which passes by the processors of the application's.
import { register } from 'node:module'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)

new NodeSDK({
  spanProcessors: [
    new LlmObsSessionSpanProcessor({ spans: 'all' }),
    new BatchSpanProcessor(new OTLPTraceExporter()),
  ],
  instrumentations: [new HttpInstrumentation()],
}).start()

const framework = new BasicTracerProvider({
  resource: resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
})
globalThis.agentTracer = framework.getTracer('framework')

// As docs/setups.md has it.
import { register } from 'node:module'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)

new NodeSDK({
  spanProcessors: [new LlmObsSessionSpanProcessor(), new BatchSpanProcessor(new OTLPTraceExporter())],
  instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
}).start()

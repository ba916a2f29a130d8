// The application keeps a conversation id of its own. RUM_LLMOBS=1 adds the processor, which lets it stand.
import { register } from 'node:module'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)

const conversation = {
  onStart: (span) => {
    if (span.attributes['gen_ai.operation.name']) span.setAttribute('gen_ai.conversation.id', 'thread-42')
  },
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
}
new NodeSDK({
  spanProcessors: [
    conversation,
    ...(process.env.RUM_LLMOBS ? [new LlmObsSessionSpanProcessor()] : []),
    new BatchSpanProcessor(new OTLPTraceExporter()),
  ],
  instrumentations: [new HttpInstrumentation()],
}).start()

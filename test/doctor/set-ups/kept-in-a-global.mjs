// The manual way gone wrong: the first session that comes is kept in a global, and written to the spans of all requests;
// with CONVERSATION_ALONE=1, to the attribute that an application's conversation ids have.
import { register } from 'node:module'
import { propagation } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)

const headersToSpanAttributes = { server: { requestHeaders: ['baggage'] } }
let session
const fromGlobal = {
  onStart: (span, context) => {
    session ??= propagation.getBaggage(context)?.getEntry('session.id')?.value
    if (!session || !span.attributes['gen_ai.operation.name']) return
    span.setAttribute('gen_ai.conversation.id', session)
    if (!process.env.CONVERSATION_ALONE) span.setAttribute('session.id', session)
  },
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
}
new NodeSDK({
  spanProcessors: [fromGlobal, new BatchSpanProcessor(new OTLPTraceExporter())],
  instrumentations: [new HttpInstrumentation({ headersToSpanAttributes })],
}).start()

// The manual way gone wrong: the first session that comes is kept in a global, and written to the spans of all requests.
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
    span.setAttributes({ 'gen_ai.conversation.id': session, 'session.id': session })
  },
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
}
new NodeSDK({
  spanProcessors: [fromGlobal, new BatchSpanProcessor(new OTLPTraceExporter())],
  instrumentations: [new HttpInstrumentation({ headersToSpanAttributes })],
}).start()

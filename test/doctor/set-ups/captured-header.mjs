// The server span shows the baggage header, and no processor brings the session to the LLM spans.
import { register } from 'node:module'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { NodeSDK } from '@opentelemetry/sdk-node'

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)

const headersToSpanAttributes = { server: { requestHeaders: ['baggage'] } }
new NodeSDK({ instrumentations: [new HttpInstrumentation({ headersToSpanAttributes })] }).start()

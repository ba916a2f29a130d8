// An agent in Node, with OpenTelemetry or with dd-trace's LLMObs SDK: `/sync` calls the backend, `/<number>` does not.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const { BACKEND_PORT, PORT, TRACER } = process.env
const inAgentSpan = TRACER === 'dd-trace' ? llmObs() : await openTelemetry()

createServer((request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1')
  const isFirst = url.pathname === '/sync'
  const number = Number(isFirst ? url.searchParams.get('request') : url.pathname.slice(1))
  inAgentSpan(number, async () => {
    if (isFirst) await fetch(`http://127.0.0.1:${BACKEND_PORT}/${number}`).then((answer) => answer.text())
  }).then(() => response.end('{}'))
}).listen(Number(PORT), '127.0.0.1', 512)
process.once('SIGINT', () => setTimeout(process.exit, 1500))

async function openTelemetry() {
  const { trace } = await import('@opentelemetry/api')
  return (number, work) =>
    trace
      .getTracer('agent')
      .startActiveSpan(
        'agent',
        { attributes: { 'app.request': number, 'gen_ai.operation.name': 'invoke_agent' } },
        (span) => work().finally(() => span.end()),
      )
}

function llmObs() {
  const { llmobs } = createRequire(new URL('../../../../demo/package.json', import.meta.url))('dd-trace')
  return (number, work) =>
    llmobs.trace({ kind: 'agent', name: 'agent' }, () => {
      llmobs.annotate({ tags: { app_request: String(number) } })
      return work()
    })
}

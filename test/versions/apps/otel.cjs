// A service on the OpenTelemetry Node SDK, 2.x or 3.x. Its code does not use the session.
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { LlmObsSessionSpanProcessor } = require('@rum-llmobs/node-span-processor')
const { InMemorySpanExporter, exportTo } = require('./otel-line.cjs')

const exporter = new InMemorySpanExporter()
new NodeSDK({
  spanProcessors: [new LlmObsSessionSpanProcessor(), exportTo(exporter)],
  instrumentations: [new HttpInstrumentation()],
}).start()

const http = require('node:http')
const { setTimeout: sleep } = require('node:timers/promises')
const { trace } = require('@opentelemetry/api')

const tracer = trace.getTracer('app')

async function agent(label) {
  await tracer.startActiveSpan(
    `${label}:agent`,
    { attributes: { 'gen_ai.operation.name': 'invoke_agent' } },
    async (span) => {
      await sleep(Math.random() * 10)
      tracer.startSpan(`${label}:llm`, { attributes: { 'gen_ai.operation.name': 'chat' } }).end()
      const late = tracer.startSpan(`${label}:late`)
      await sleep(Math.random() * 10)
      late.setAttribute('openinference.span.kind', 'LLM')
      late.end()
      tracer.startSpan(`${label}:plain`).end()
      span.end()
    },
  )
}

const server = http.createServer(async (req, res) => {
  const { pathname, searchParams } = new URL(req.url, 'http://localhost')
  if (pathname === '/spans') {
    const spans = exporter.getFinishedSpans().map(({ name, attributes }) => ({ name, attributes }))
    return res.end(JSON.stringify(spans))
  }
  await agent(searchParams.get('label'))
  if (pathname !== '/hop') return res.end('ok')
  http.get(
    `http://127.0.0.1:${req.socket.localPort}/agent?label=${searchParams.get('label')}:hop`,
    (reply) => {
      reply.resume().once('end', () => res.end('ok'))
    },
  )
})
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, node: process.version }))
process.on('disconnect', () => process.exit())

// A dd-trace service that passes work from one request to another.
// APP_PLUGINS=off: no server spans. APP_BOOT=1: starts to listen inside a span, which becomes the parent of the requests'
// spans. APP_ENABLE=later: LLM Observability is off until a request to /enable.
if (process.env.APP_ENABLE === 'later') {
  delete process.env.DD_LLMOBS_ENABLED
  // dd-trace turns LLM Observability on when this is set.
  delete process.env.DD_LLMOBS_ML_APP
}
const tracer = require('dd-trace').init(process.env.APP_PLUGINS === 'off' ? { plugins: false } : {})
const http = require('node:http')
const { setTimeout: sleep } = require('node:timers/promises')

const { llmobs } = tracer
const span = (name, fn = () => {}) => llmobs.trace({ name, kind: 'task' }, fn)

const messages = []
const jobs = []

// As dd-trace's consumer instrumentations: the parent of the span comes from the message.
function consume() {
  for (const { label, carrier } of messages.splice(0)) {
    const childOf = tracer.extract('text_map', carrier)
    const consumer = tracer.startSpan('consume', { childOf, tags: { 'span.kind': 'consumer' } })
    tracer.scope().activate(consumer, () => span(label))
    consumer.finish()
  }
}

const routes = {
  async slow({ label }) {
    await sleep(2)
    await span(`${label}:outer`, async () => {
      await sleep(1)
      span(`${label}:inner`)
    })
  },
  'start-consumer'() {
    setInterval(consume, 5)
  },
  async message({ label, carrier }) {
    messages.push({ label, carrier: JSON.parse(carrier) })
    await sleep(20)
  },
  // As dd-trace's producer instrumentations, with any span kind.
  produce({ kind }) {
    const producer = tracer.startSpan('produce', {
      childOf: tracer.scope().active(),
      tags: { 'span.kind': kind },
    })
    const carrier = {}
    tracer.inject(producer, 'text_map', carrier)
    producer.finish()
    return JSON.stringify(carrier)
  },
  enqueue({ label }) {
    jobs.push({ label, active: tracer.scope().active() })
  },
  work() {
    for (const { label, active } of jobs.splice(0)) tracer.scope().activate(active, () => span(label))
  },
  // Calls `next` inside an LLMObs span. Responds with the headers that arrived there.
  async call({ label, next, sessionId }) {
    if (!label) return get(next)
    return llmobs.trace({ name: label, kind: 'agent', ...(sessionId && { sessionId }) }, () => get(next))
  },
  otel({ label }) {
    const agent = otelTracer().startSpan(label, { attributes: { 'gen_ai.operation.name': 'invoke_agent' } })
    agent.end()
    span(label)
  },
  enable() {
    llmobs.enable({ mlApp: 'versions' })
  },
  flush() {
    llmobs.flush()
  },
}

let otel
function otelTracer() {
  if (!otel) {
    const provider = new tracer.TracerProvider()
    provider.register()
    otel = provider.getTracer('app')
  }
  return otel
}

async function get(url) {
  const body = await new Promise((resolve, reject) => {
    http
      .get(url, (reply) => reply.toArray().then((chunks) => resolve(Buffer.concat(chunks)), reject))
      .on('error', reject)
  })
  return body.toString()
}

const server = http.createServer(async (req, res) => {
  const url = new URL(req.url, 'http://localhost')
  try {
    res.end((await routes[url.pathname.slice(1)](Object.fromEntries(url.searchParams))) ?? 'ok')
  } catch (error) {
    res.writeHead(500).end(error.stack)
  }
})
const listen = () => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const listening = process.env.APP_BOOT ? tracer.trace('boot', listen) : listen()
// The span must reach the agent before the first request.
listening
  .then(() => sleep(50))
  .then(() => process.send({ port: server.address().port, node: process.version }))
process.on('disconnect', () => process.exit())

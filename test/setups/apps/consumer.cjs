// Answers requests, the first of which begins a consumer of messages that bring trace context of their own.
const { randomBytes } = require('node:crypto')
const http = require('node:http')
const { propagation, ROOT_CONTEXT, SpanKind, trace } = require('@opentelemetry/api')
const { Redis } = require('ioredis')
const { answer } = require('./agent.cjs')

const CHANNEL = 'questions'
const publisher = new Redis(process.env.APP_REDIS)

function consume() {
  const subscriber = new Redis(process.env.APP_REDIS)
  subscriber.on('message', (_channel, text) => {
    const { expected, headers } = JSON.parse(text)
    const parent = propagation.extract(ROOT_CONTEXT, headers)
    const received = async (span) => {
      await answer(expected)
      span.end()
    }
    trace.getTracer('app').startActiveSpan('receive', { kind: SpanKind.CONSUMER }, parent, received)
  })
  return subscriber.subscribe(CHANNEL)
}

/** As another service sends it. */
function publish(expected) {
  const traceparent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`
  const headers = { traceparent, ...(expected !== 'none' && { baggage: `session.id=${expected}` }) }
  return publisher.publish(CHANNEL, JSON.stringify({ expected, headers }))
}

let consuming
const server = http.createServer(async (request, response) => {
  const expected = request.url.slice(1)
  consuming ??= consume()
  await consuming
  await publish(expected)
  response.end(await answer(expected))
})
server.listen(Number(process.env.PORT), '127.0.0.1')

// Calls a first-party host and a third party, which dns.lookup resolves to this process. Responds with the headers that
// arrived at each.
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici')
const {
  CompositePropagator,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} = require('@opentelemetry/core')
const { FirstPartyBaggagePropagator } = require('@rum-llmobs/node-span-processor')
const { InMemorySpanExporter, exportTo } = require('./otel-line.cjs')

new NodeSDK({
  spanProcessors: [exportTo(new InMemorySpanExporter())],
  instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
  textMapPropagator: new FirstPartyBaggagePropagator({
    propagator: new CompositePropagator({
      propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
    }),
  }),
}).start()

const dns = require('node:dns')
const lookup = dns.lookup
dns.lookup = (host, ...rest) => lookup(host.endsWith('.test') ? '127.0.0.1' : host, ...rest)
const http = require('node:http')

const arrivedByHttp = (url) =>
  new Promise((resolve, reject) => {
    http
      .get(url, async (reply) => resolve(JSON.parse((await reply.toArray()).join(''))))
      .once('error', reject)
  })
const arrivedByFetch = async (url) => (await fetch(url)).json()

const server = http.createServer(async (req, res) => {
  if (req.url === '/echo') return res.end(JSON.stringify(req.headers))
  const at = (host) => `http://${host}:${server.address().port}/echo`
  const answer = {
    'http, first party': await arrivedByHttp(at('127.0.0.1')),
    'http, third party': await arrivedByHttp(at('api.third-party.test')),
    'fetch, first party': await arrivedByFetch(at('127.0.0.1')),
    'fetch, third party': await arrivedByFetch(at('api.third-party.test')),
  }
  res.end(JSON.stringify(answer))
})
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, node: process.version }))
process.on('disconnect', () => process.exit())

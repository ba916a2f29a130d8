// A service on dd-trace's LLMObs SDK. Only the route /explicit sets a session. APP_BRIDGE installs the bridge before or
// after dd-trace is loaded; without it, `--import …/register` does.
const isValidSessionId = process.env.APP_ACCEPTS === 'anything' ? () => true : undefined
const bridge = () =>
  require('@rum-llmobs/node-span-processor/dd-trace').bridgeDdTrace(isValidSessionId && { isValidSessionId })
const installed = []
if (process.env.APP_BRIDGE === 'before') installed.push(bridge())
const tracer = require('dd-trace').init()
if (process.env.APP_BRIDGE === 'after') installed.push(bridge())

// The setting of the documentation that keeps the session from third parties.
if (process.env.APP_EGRESS === 'first-party') {
  const propagationBlocklist = (url) => new URL(url).hostname !== 'localhost'
  tracer.use('http', { client: { propagationBlocklist } })
  tracer.use('fetch', { propagationBlocklist })
}

// Hosts of example.com answer from this machine.
const dns = require('node:dns')
const { lookup } = dns
dns.lookup = (host, ...rest) => lookup(host.endsWith('.example.com') ? '127.0.0.1' : host, ...rest)

const http = require('node:http')
const http2 = require('node:http2')
const { Readable } = require('node:stream')
const { setTimeout: sleep } = require('node:timers/promises')

const { llmobs } = tracer
const KINDS = ['agent', 'tool', 'llm', 'workflow', 'task', 'retrieval', 'embedding']
const span = (name, kind = 'task', fn = () => {}) => llmobs.trace({ name, kind }, fn)

const routes = {
  async matrix(label, res) {
    await llmobs.trace({ name: `${label}:nested-agent`, kind: 'agent' }, async () => {
      for (const kind of KINDS.slice(1)) span(`${label}:nested-${kind}`, kind)
      await sleep(2)
      await llmobs.trace({ name: `${label}:nested-deep`, kind: 'workflow' }, async () => {
        await sleep(1)
        span(`${label}:nested-deeper`, 'llm')
      })
    })
    for (const kind of KINDS) span(`${label}:bare-${kind}`, kind)
    await sleep(2)
    span(`${label}:after-await`)
    await new Promise((resolve) => setTimeout(() => resolve(span(`${label}:timer`)), 2))
    await new Promise((resolve) => setImmediate(() => resolve(span(`${label}:immediate`))))
    for await (const n of Readable.from([1, 2])) span(`${label}:stream-${n}`)
    await Promise.all([1, 2].map((n) => sleep(n).then(() => span(`${label}:all-${n}`))))
    await llmobs.wrap({ name: `${label}:wrapped`, kind: 'tool' }, () => sleep(1))()
    res.end('ok')
    setTimeout(() => span(`${label}:after-response`, 'llm'), 5)
  },
  one(label, res) {
    span(label)
    res.end('ok')
  },
  async slow(label, res) {
    await sleep(Math.random() * 20)
    await llmobs.trace({ name: `${label}:agent`, kind: 'agent' }, async () => {
      await sleep(Math.random() * 20)
      span(`${label}:tool`, 'tool')
    })
    res.end('ok')
  },
  async explicit(label, res, url) {
    span(`${label}:before`)
    await llmobs.trace({ name: `${label}:own`, kind: 'agent', sessionId: 'app-session' }, async () => {
      await sleep(1)
      span(`${label}:child`, 'tool')
      await get(url.searchParams.get('next'))
    })
    res.end('ok')
  },
  async hop(label, res, url) {
    await llmobs.trace({ name: `${label}:caller`, kind: 'agent' }, () => get(url.searchParams.get('next')))
    res.end('ok')
  },
  async call(_label, res, url) {
    await get(url.searchParams.get('next'))
    res.end('ok')
  },
  async openai(label, res, url) {
    const { OpenAI } = require('openai')
    const client = new OpenAI({ apiKey: 'none', baseURL: url.searchParams.get('next') })
    const ask = () =>
      client.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: label }] })
    await ask()
    await llmobs.trace({ name: `${label}:agent`, kind: 'agent' }, ask)
    res.end('ok')
  },
  async ai(label, res) {
    const { runAgent } = await import('./ai-agent.mjs')
    const run = () => runAgent(label)
    await (process.env.APP_AI === 'by-hand' ? llmobs.trace({ name: label, kind: 'agent' }, run) : run())
    res.end('ok')
  },
  otel(label, res) {
    const agent = otelTracer().startSpan(`${label}:agent`, {
      attributes: { 'gen_ai.operation.name': 'invoke_agent' },
    })
    agent.end()
    const late = otelTracer().startSpan(`${label}:late`)
    late.setAttribute('openinference.span.kind', 'LLM')
    late.end()
    const own = otelTracer().startSpan(`${label}:own`)
    own.setAttributes({ 'gen_ai.operation.name': 'chat', 'gen_ai.conversation.id': 'own-conversation' })
    own.end()
    otelTracer().startSpan(`${label}:plain`).end()
    res.end('ok')
  },
  body(label, res) {
    span(`${label}:before`)
    res.req.on('data', () => {})
    res.req.on('end', () => {
      span(`${label}:end`)
      setTimeout(() => {
        span(`${label}:after-end`)
        res.end('ok')
      }, 2)
    })
  },
  // Sends no response: the client aborts.
  events(label, res) {
    const watch = (name, emitter, events) => {
      for (const event of events) emitter.on(event, () => span(`${label}:${name}-${event}`))
    }
    watch('req', res.req, ['data', 'aborted', 'error', 'close'])
    watch('res', res, ['close'])
    if (res.req.stream) watch('stream', res.req.stream, ['aborted', 'close'])
  },
  async headers(_label, res, url) {
    res.end(await get(url.searchParams.get('next')))
  },
  async fetch(_label, res, url) {
    res.end(await (await fetch(url.searchParams.get('next'))).text())
  },
  flush(_label, res) {
    llmobs.flush()
    res.end('ok')
  },
  bridge(_label, res) {
    installed.push(bridge())
    res.end('ok')
  },
  disable(_label, res) {
    for (const { disable } of installed.splice(0)) disable()
    res.end('ok')
  },
}

let otel
function otelTracer() {
  if (!otel) {
    const provider = new tracer.TracerProvider()
    if (process.env.APP_PROCESSOR) {
      const { LlmObsSessionSpanProcessor } = require('@rum-llmobs/node-span-processor')
      provider.addSpanProcessor(new LlmObsSessionSpanProcessor({ spans: process.env.APP_PROCESSOR }))
    }
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

function handle(req, res) {
  const url = new URL(req.url, 'http://localhost')
  const route = routes[url.pathname.slice(1)]
  if (!route) return res.writeHead(404).end()
  return Promise.resolve(route(url.searchParams.get('label'), res, url)).catch((error) => {
    res.writeHead(500).end(error.stack)
  })
}

async function listen() {
  if (process.env.APP_SERVER === 'http2') return http2.createServer(handle)
  if (process.env.APP_SERVER === 'fastify') {
    const fastify = require('fastify')()
    fastify.all('/*', (request, reply) => {
      reply.hijack()
      handle(request.raw, reply.raw)
    })
    await fastify.ready()
    return fastify.server
  }
  const app = require('express')()
  app.use(require('express').json(), handle)
  return http.createServer(app)
}

listen().then((server) => {
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, node: process.version }))
})
process.on('disconnect', () => process.exit())

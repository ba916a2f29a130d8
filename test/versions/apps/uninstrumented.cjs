// A service without HTTP instrumentation, so that the session can only come from the HTTP request. It sends itself the
// requests, and reports the spans whose session is not that of their request.
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
const { context, trace } = require('@opentelemetry/api')
const { LlmObsSessionSpanProcessor } = require('@rum-llmobs/node-span-processor')
const { InMemorySpanExporter, exportTo, ...sdk } = require('./otel-line.cjs')
const { once } = require('node:events')
const http = require('node:http')
const http2 = require('node:http2')
const net = require('node:net')
const { Readable } = require('node:stream')
const { setTimeout: sleep } = require('node:timers/promises')

const exporter = new InMemorySpanExporter()
const Provider = sdk.BasicTracerProvider ?? sdk.TracerProvider
const provider = new Provider({ spanProcessors: [new LlmObsSessionSpanProcessor(), exportTo(exporter)] })
trace.setGlobalTracerProvider(provider)
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const tracer = trace.getTracer('app')

// Emits one span with the session that it must get. The path holds it, so that the check does not depend on the header.
function chat(req, where) {
  const attributes = { 'gen_ai.operation.name': 'chat', expected: req.url.slice(1), where }
  tracer.startSpan('chat', { attributes }).end()
}

async function agent(req) {
  const attributes = { 'gen_ai.operation.name': 'invoke_agent', expected: req.url.slice(1), where: 'agent' }
  await tracer.startActiveSpan('agent', { attributes }, async (span) => {
    await Promise.all([sleep(Math.random() * 5), new Promise(setImmediate)])
    chat(req, 'below the agent')
    span.end()
  })
}

async function* tokens(req) {
  for (let i = 0; i < 3; i++) {
    await sleep(Math.random() * 3)
    chat(req, 'stream')
    yield `${i}\n`
  }
}

async function answer(req, res) {
  chat(req, 'handler')
  req.on('data', () => chat(req, 'data'))
  req.on('end', () => chat(req, 'end'))
  for (const event of ['aborted', 'error', 'close']) req.on(event, () => chat(req, `request ${event}`))
  res.on('close', () => chat(req, 'response close'))
  await sleep(3)
  if (req.url.includes('abort')) return
  await agent(req)
  Readable.from(tokens(req)).pipe(res)
  res.on('finish', () => setTimeout(() => chat(req, 'after the response'), 2))
}

const header = (path) =>
  path.includes('none') ? '' : `baggage: tenant=x,session.id=${path.slice(1)};p=1\r\n`
const raw = (path, more = '') => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${header(path)}${more}\r\n`

async function overSockets(port) {
  const open = async () => {
    const socket = net.connect(port)
    socket.on('error', () => {})
    await once(socket, 'connect')
    return socket
  }
  // Writes the requests at once, and waits for as many complete responses.
  const exchange = async (socket, paths) => {
    let received = ''
    const read = (chunk) => {
      received += chunk
    }
    socket.on('data', read)
    socket.write(paths.map((path) => raw(path)).join(''))
    while (received.split('\r\n0\r\n\r\n').length <= paths.length) await once(socket, 'data')
    socket.off('data', read)
  }
  const pipelined = await open()
  await exchange(pipelined, ['/pipe-1', '/pipe-none', '/pipe-2', '/pipe-none', '/pipe-3'])
  const kept = await open()
  for (const path of ['/kept-1', '/kept-none', '/kept-2']) await exchange(kept, [path])
  // An upgrade on a connection whose last request had a session.
  kept.write(raw('/mine', 'connection: upgrade\r\nupgrade: websocket\r\n'))
  await sleep(20)
  kept.write('frame')
  for (const [path, more, body] of [
    ['/abort-get', '', ''],
    ['/abort-upload', 'content-length: 99\r\n', 'part'],
  ]) {
    const socket = await open()
    socket.write(raw(path, more).replace('GET', body ? 'POST' : 'GET') + body)
    await sleep(20)
    socket.destroy()
  }
  await sleep(100)
  pipelined.destroy()
  kept.destroy()
}

async function overHttp(port) {
  const keepAlive = new http.Agent({ keepAlive: true, maxSockets: 60 })
  const request = async (_, index) => {
    const path = index % 5 === 4 ? '/none' : `/session-${index}`
    const headers = path === '/none' ? {} : { baggage: `session.id=${path.slice(1)}` }
    const request = http.request({ port, path, method: 'POST', headers, agent: keepAlive })
    request.write('question')
    setTimeout(() => request.end('more'), Math.random() * 5)
    const [response] = await once(request, 'response')
    for await (const _ of response);
  }
  await Promise.all(Array.from({ length: 200 }, request))
  keepAlive.destroy()
}

async function overHttp2(port) {
  const client = http2.connect(`http://127.0.0.1:${port}`)
  const request = async (_, index) => {
    const path = index % 4 === 3 ? '/none' : `/h2-${index}`
    const headers = path === '/none' ? {} : { baggage: `session.id=${path.slice(1)}` }
    const stream = client.request({ ':path': path, ':method': 'POST', ...headers })
    stream.resume().write('question')
    setTimeout(() => stream.end('more'), Math.random() * 5)
    await once(stream, 'close')
  }
  await Promise.all(Array.from({ length: 50 }, request))
  const hanging = client.request({ ':path': '/h2-abort', baggage: 'session.id=h2-abort' })
  hanging.on('error', () => {})
  await sleep(20)
  hanging.close(http2.constants.NGHTTP2_CANCEL)
  await sleep(50)
  client.close()
}

// Counts the spans with the session of their request, and lists those with another session or without one.
function count(expectsSession) {
  const counts = { right: 0, wrong: [], missing: [] }
  for (const { attributes } of exporter.getFinishedSpans()) {
    const expected =
      expectsSession && !/none|mine/.test(attributes.expected) ? attributes.expected : undefined
    const actual = attributes['session.id']
    if (actual === expected) counts.right++
    else
      counts[actual === undefined ? 'missing' : 'wrong'].push(`${attributes.where} of ${attributes.expected}`)
  }
  exporter.reset()
  return counts
}

async function main() {
  const server = http.createServer(answer)
  server.on('upgrade', (req, socket) => {
    chat(req, 'upgrade')
    socket.on('data', () => chat(req, 'upgrade data'))
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
  })
  await once(server.listen(0), 'listening')
  await Promise.all([overHttp(server.address().port), overSockets(server.address().port)])
  await sleep(50)
  const http1 = count(true)
  const secure = http2.createServer(answer)
  await once(secure.listen(0), 'listening')
  await overHttp2(secure.address().port)
  const [major, minor] = process.versions.node.split('.').map(Number)
  const hasChannel = major > 24 || (major === 24 && minor >= 2) || (major === 22 && minor >= 17)
  process.send({ port: 0, node: process.version, http1, http2: count(hasChannel) })
}

process.on('disconnect', () => process.exit())
main()

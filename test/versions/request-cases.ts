import assert from 'node:assert/strict'
import { once } from 'node:events'
import http, { type OutgoingHttpHeaders } from 'node:http'
import http2 from 'node:http2'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { baggage, type Case, type CaseContext } from './case-context.js'
import type { Service } from './service.js'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const datadog = {
  'x-datadog-trace-id': '9532127138774266268',
  'x-datadog-parent-id': '987654321',
  'x-datadog-sampling-priority': '1',
  'x-datadog-tags': '_dd.p.dm=-1,_dd.p.tid=0af7651916cd43dd',
}
const w3c = { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01` }

/** Values of `session.id` that are no valid session ids. */
const HOSTILE = [
  '',
  '%2C',
  'a%2Cb',
  'a%0D%0Ab',
  'a%20b',
  '%C3%A9',
  Buffer.from('é').toString('latin1'),
  '%E0%A4%A',
  'a%3Bb',
  'a%3Db',
  'a%7Eb',
  '"quoted"',
  'x'.repeat(129),
  'x'.repeat(600),
]

/** Sends requests on one connection: at once when `pipelined`, otherwise each after the previous response. */
async function onOneConnection(
  service: Service,
  requests: [path: string, headers: OutgoingHttpHeaders][],
  pipelined: boolean,
): Promise<void> {
  const socket = connect(service.port, '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  const answers = () => received.split('HTTP/1.1 200').length - 1
  for (const [index, [path, headers]] of requests.entries()) {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`GET /${path} HTTP/1.1\r\nhost: localhost\r\n${lines.join('')}\r\n`)
    while (!pipelined && answers() <= index) await once(socket, 'data')
  }
  while (answers() < requests.length) await once(socket, 'data')
  socket.destroy()
}

async function oneConnection(context: CaseContext, pipelined: boolean): Promise<void> {
  const service = await context.start()
  const sessions = [context.newSession(), undefined, context.newSession(), undefined, undefined]
  const labels = sessions.map(() => context.newLabel())
  const requests = sessions.map((sessionId, index): [string, OutgoingHttpHeaders] => [
    `slow?label=${labels[index]}`,
    baggage(sessionId),
  ])
  await onOneConnection(service, requests, pipelined)
  await context.events(service, sessions.length * 2)
  for (const [index, label] of labels.entries()) {
    await context.expectSession(service, `${label}:`, 2, sessions[index])
  }
}

async function overHttp2(
  port: number,
  requests: [path: string, headers: OutgoingHttpHeaders, chunks?: [string, string]][],
): Promise<void> {
  const client = http2.connect(`http://127.0.0.1:${port}`)
  for (const [path, headers, chunks] of requests) {
    const stream = client.request({ ':path': `/${path}`, ':method': chunks ? 'POST' : 'GET', ...headers })
    if (chunks) {
      stream.write(chunks[0])
      await sleep(10)
      stream.end(chunks[1])
    }
    await stream.resume().toArray()
  }
  client.close()
}

/** Sends a request and aborts it after 20 ms. Resolves 20 ms later, when the server has seen the abort. */
async function giveUp(service: Service, path: string, headers: OutgoingHttpHeaders, method: string) {
  const request = http.request(service.url(path), { method, headers, agent: false })
  request.on('error', () => {}).flushHeaders()
  if (method === 'POST') request.write('a')
  await sleep(20)
  request.destroy()
  await sleep(20)
}

async function giveUpHttp2(service: Service, path: string, headers: OutgoingHttpHeaders, method: string) {
  const client = http2.connect(service.url(''))
  const endStream = method === 'GET'
  const stream = client.request({ ':path': `/${path}`, ':method': method, ...headers }, { endStream })
  stream.on('error', () => {})
  if (!endStream) stream.write('a')
  await sleep(20)
  stream.close(http2.constants.NGHTTP2_CANCEL)
  await sleep(20)
  client.close()
}

function assertTagsValid(sent: Record<string, string>, value: string): void {
  const tags = sent['x-datadog-tags'] ?? ''
  assert.match(tags, /(^|,)_dd\.p\.tid=[0-9a-f]{16}(,|$)/, JSON.stringify(value))
  assert.match(tags, /(^|,)_dd\.p\.dm=-\d(,|$)/, JSON.stringify(value))
  assert.match(tags, /^(_dd\.p\.[!-+--:<-~]+=[ -+--~]+(,|$))+$/, JSON.stringify(value))
  assert.ok(tags.length <= 512, `${tags.length} characters`)
}

export const requestCases: Case[] = [
  {
    name: 'trace headers none, Datadog, W3C, both',
    async run(context) {
      const service = await context.start()
      for (const headers of [{}, datadog, w3c, { ...datadog, ...w3c }]) {
        const [label, sessionId] = [context.newLabel(), context.newSession()]
        await service.get(`slow?label=${label}`, { ...headers, ...baggage(sessionId) })
        await context.expectSession(service, label, 2, sessionId)
      }
    },
  },
  {
    name: 'two sessions in requests of one trace id',
    async run(context) {
      const service = await context.start()
      for (const headers of [datadog, w3c]) {
        const requests = Array.from({ length: 6 }, (_, index) => ({
          label: context.newLabel(),
          sessionId: index % 3 === 2 ? undefined : context.newSession(),
        }))
        await Promise.all(
          requests.map(({ label, sessionId }) =>
            service.get(`slow?label=${label}`, { ...headers, ...baggage(sessionId) }),
          ),
        )
        for (const { label, sessionId } of requests) {
          await context.expectSession(service, `${label}:`, 2, sessionId)
        }
      }
    },
  },
  {
    name: 'keep-alive: a request without a session after one with a session',
    run: (context) => oneConnection(context, false),
  },
  {
    name: 'pipelined: a request without a session after one with a session',
    run: (context) => oneConnection(context, true),
  },
  {
    name: 'explicit sessionId: wins, in this service and downstream',
    async run(context) {
      const [service, callee] = [await context.start(), await context.start()]
      const [label, below, sessionId] = [context.newLabel(), context.newLabel(), context.newSession()]
      const url = encodeURIComponent(callee.url(`one?label=${below}`))
      for (const headers of [
        baggage(sessionId),
        { ...datadog, ...baggage(sessionId) },
        { ...w3c, ...baggage(sessionId) },
      ]) {
        await context.agent.clear()
        await service.get(`explicit?label=${label}&next=${url}`, headers)
        await context.expectSession([service, callee], `${label}:before`, 1, sessionId)
        await context.expectSession(service, `${label}:own`, 1, 'app-session')
        await context.expectSession(service, `${label}:child`, 1, 'app-session')
        await context.expectSession(callee, below, 1, 'app-session')
      }
    },
  },
  {
    name: "upstream LLMObs service: its session wins over the header's",
    async run(context) {
      const service = await context.start()
      const tags = `${datadog['x-datadog-tags']},_dd.p.llmobs_sid=up-1`
      const upstream = [
        { ...datadog, 'x-datadog-tags': tags },
        { ...w3c, tracestate: 'dd=s:1;t.dm:-1;t.llmobs_sid:up-1' },
      ]
      for (const headers of upstream) {
        const label = context.newLabel()
        await service.get(`slow?label=${label}`, { ...headers, ...baggage(context.newSession()) })
        await context.expectSession(service, label, 2, 'up-1')
      }
    },
  },
  {
    name: "upstream LLMObs service with an invalid session: dropped, the header's takes its place",
    async run(context) {
      const service = await context.start()
      for (const value of ['<script>alert(1)</script>', 'x'.repeat(400), 'u.1:42']) {
        const tags = `${datadog['x-datadog-tags']},_dd.p.llmobs_sid=${value}`
        const tracestate = `dd=s:1;t.dm:-1;t.llmobs_sid:${value},other=1`
        for (const headers of [
          { ...datadog, 'x-datadog-tags': tags },
          { ...w3c, tracestate },
          { ...datadog, ...w3c, 'x-datadog-tags': tags, tracestate },
          { ...datadog, ...w3c, tracestate },
        ]) {
          for (const sessionId of [context.newSession(), undefined]) {
            const label = context.newLabel()
            const all = { ...headers, ...baggage(sessionId) }
            await service.get(`slow?label=${label}`, all)
            await context.expectSession(service, label, 2, sessionId)
            const sent = JSON.stringify(await context.outgoing(service, all))
            assert.ok(!sent.includes(value), `${value}: ${sent}`)
            assert.equal(sent.includes(`t.llmobs_sid:${sessionId}`), sessionId !== undefined, sent)
          }
        }
      }
    },
  },
  {
    name: 'repeated, percent-encoded and padded baggage headers',
    async run(context) {
      const service = await context.start()
      const accepted: [headers: OutgoingHttpHeaders, sessionId: string][] = [
        [{ baggage: ['tier=gold', 'session.id=s-1;source=rum'] as unknown as string }, 's-1'],
        [{ baggage: ' tier = gold , session.id = s-2 ;a=b' }, 's-2'],
        [{ baggage: 'session.id=%73%2D3' }, 's-3'],
        [{ baggage: 'session.id=,,session.id=s-4,%zz=1,=,x' }, 's-4'],
        [{ baggage: `${'k=v,'.repeat(150)}session.id=s-5` }, 's-5'],
        [{ baggage: 'session.id=abc,session%2Eid=s-6' }, 's-6'],
        [{ baggage: 'session%2Eid=s-8,session.id=s-7' }, 's-7'],
        [baggage('x'.repeat(128)), 'x'.repeat(128)],
      ]
      for (const [headers, sessionId] of accepted) {
        const label = context.newLabel()
        await service.get(`one?label=${label}`, headers)
        await context.expectSession(service, label, 1, sessionId)
      }
    },
  },
  {
    name: 'hostile baggage: no session, x-datadog-tags stays valid',
    async run(context) {
      for (const accepts of ['default', 'anything']) {
        const service = await context.start({
          imports: [],
          env: { APP_BRIDGE: 'before', APP_ACCEPTS: accepts },
        })
        for (const value of HOSTILE) {
          const [label, headers] = [context.newLabel(), { ...datadog, ...baggage(value) }]
          await service.get(`one?label=${label}`, headers)
          const [event] = await context.events(service, 1, label)
          if (accepts === 'default') assert.equal(event?.session_id, undefined, JSON.stringify(value))
          assertTagsValid(await context.outgoing(service, headers), value)
        }
        assertTagsValid(
          await context.outgoing(service, { ...datadog, ...baggage('x'.repeat(128)) }),
          'longest',
        )
        await context.stopServices()
      }
    },
  },
  {
    name: 'http2',
    async run(context) {
      for (const style of ['datadog,tracecontext,baggage', 'datadog,tracecontext']) {
        const service = await context.start({
          env: { APP_SERVER: 'http2', DD_TRACE_PROPAGATION_STYLE: style },
        })
        const sessions = [
          context.newSession(),
          undefined,
          context.newSession(),
          context.newSession(),
          undefined,
        ]
        const labels = sessions.map(() => context.newLabel())
        const trace = [{}, {}, w3c, datadog, w3c]
        await overHttp2(
          service.port,
          sessions.map((sessionId, index) => [
            `slow?label=${labels[index]}`,
            { ...trace[index], ...baggage(sessionId) },
          ]),
        )
        await overHttp2(service.port, [['flush', {}]])
        await sleep(300)
        const events = await context.agent.events()
        for (const [index, label] of labels.entries()) {
          const own = events
            .filter(({ name }) => name.startsWith(`${label}:`))
            .map(({ session_id }) => session_id)
          assert.deepEqual(own, [sessions[index], sessions[index]], `http2 request ${index}, ${style}`)
        }
        await context.stopServices()
      }
    },
  },
  {
    name: 'http2 request bodies',
    async run(context) {
      const service = await context.start({ env: { APP_SERVER: 'http2' } })
      const sessions = [context.newSession(), undefined, context.newSession()]
      const labels = sessions.map(() => context.newLabel())
      await overHttp2(
        service.port,
        sessions.map((sessionId, index) => [`body?label=${labels[index]}`, baggage(sessionId), ['a', 'b']]),
      )
      await overHttp2(service.port, [['flush', {}]])
      await sleep(300)
      const events = await context.agent.events()
      for (const [index, label] of labels.entries()) {
        const own = events.filter(({ name }) => name.startsWith(`${label}:`))
        assert.deepEqual(
          own.map(({ session_id }) => session_id),
          Array(3).fill(sessions[index]),
          `request ${index}`,
        )
      }
    },
  },
  {
    name: 'aborted requests: events of request, response and stream, HTTP/1 and HTTP/2',
    async run(context) {
      const [first, second] = [await context.start(), await context.start({ env: { APP_SERVER: 'http2' } })]
      const closes = ['req-close', 'res-close']
      const aborts = ['req-aborted', 'stream-aborted', 'stream-close']
      const requests: [give: typeof giveUp, service: Service, method: string, events: string[]][] = [
        [giveUp, first, 'POST', ['req-data', 'req-aborted', 'req-error', ...closes]],
        [giveUp, first, 'GET', closes],
        [giveUpHttp2, second, 'POST', ['req-data', ...aborts, ...closes]],
        [giveUpHttp2, second, 'GET', [...aborts, ...closes]],
      ]
      const expected: string[] = []
      for (const [give, service, method, events] of requests) {
        for (const sessionId of [context.newSession(), undefined, context.newSession()]) {
          const label = context.newLabel()
          await give(service, `events?label=${label}`, baggage(sessionId), method)
          expected.push(...events.map((event) => `${method} ${label}:${event} ${sessionId}`))
        }
      }
      await first.get('flush')
      await overHttp2(second.port, [['flush', {}]])
      await sleep(300)
      const found = (await context.agent.events()).map(({ name, session_id }) => `${name} ${session_id}`)
      for (const each of expected) {
        const name = each.slice(each.indexOf(' ') + 1)
        assert.ok(found.includes(name), `${each}\n${found.join('\n')}`)
      }
      const unexpected = found.filter((name) => !expected.some((each) => each.endsWith(name)))
      assert.deepEqual(unexpected, [])
    },
  },
]

import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { Case, CaseContext } from './case-context.js'
import type { Service } from './service.js'

const app = 'isolation.cjs'
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const TID_AND_DM = '_dd.p.dm=-1,_dd.p.tid=0af7651916cd43dd'
const datadog = (tags: string) => ({
  'x-datadog-trace-id': '9532127138774266268',
  'x-datadog-parent-id': '987654321',
  'x-datadog-sampling-priority': '1',
  'x-datadog-tags': tags,
})

/** As RUM sends it. dd-trace 5.60 keeps the properties of a member as part of its value in messages. */
const member = (sessionId: string | undefined) =>
  sessionId === undefined ? {} : { baggage: `session.id=${sessionId}` }

/** Checks requests one after another, each on a new connection. */
async function inTurn(context: CaseContext, service: Service, route: string, events: number): Promise<void> {
  for (const sessionId of [context.newSession(), context.newSession(), undefined, context.newSession()]) {
    const label = context.newLabel()
    await service.get(`${route}?label=${label}`, member(sessionId))
    await context.expectSession(service, label, events, sessionId)
  }
}

async function call(context: CaseContext, service: Service, query: Record<string, string>, headers: object) {
  const next = `http://127.0.0.1:${context.loopbackPort}/echo`
  const answer = await service.get(`call?${new URLSearchParams({ next, ...query })}`, { ...headers })
  return JSON.parse(answer) as Record<string, string>
}

export const isolationCases: Case[] = [
  {
    name: 'plugins: false',
    async run(context) {
      await inTurn(context, await context.start({ app, env: { APP_PLUGINS: 'off' } }), 'slow', 2)
    },
  },
  {
    name: 'plugins: false, server started inside a span that has ended',
    async run(context) {
      const service = await context.start({ app, env: { APP_PLUGINS: 'off', APP_BOOT: '1' } })
      await inTurn(context, service, 'slow', 2)
      await inTurn(context, service, 'otel', 1)
    },
  },
  {
    name: 'llmobs.enable() after start: no events before it, the session after it',
    async run(context) {
      const service = await context.start({ app, env: { APP_ENABLE: 'later' } })
      await service.get('slow?label=before', member(context.newSession()))
      await service.get('enable')
      await inTurn(context, service, 'slow', 2)
      assert.deepEqual(await context.events(service, 0, 'before'), [])
    },
  },
  {
    name: 'consumer started in a request: events have the session of their message',
    async run(context) {
      const service = await context.start({ app })
      await service.get('start-consumer', member(context.newSession()))
      for (const sessionId of [context.newSession(), undefined, context.newSession()]) {
        const label = context.newLabel()
        const carrier = JSON.stringify({ traceparent: TRACEPARENT, ...member(sessionId) })
        await service.get(`message?label=${label}&carrier=${encodeURIComponent(carrier)}`)
        await context.expectSession(service, label, 1, sessionId)
      }
    },
  },
  {
    name: 'egress: a producer span sends the session, a client span without a host does not',
    async run(context) {
      const service = await context.start({ app })
      const sessionId = context.newSession()
      for (const [kind, isSent] of [
        ['producer', true],
        ['client', false],
        ['server', false],
      ] as const) {
        const carrier = JSON.parse(await service.get(`produce?kind=${kind}`, member(sessionId)))
        for (const header of ['x-datadog-tags', 'tracestate', 'baggage']) {
          assert.equal(Boolean(carrier[header]?.includes(sessionId)), isSent, `${kind}: ${header}`)
        }
      }
    },
  },
  {
    name: 'requests of one session on one connection, DD_TRACE_PROPAGATION_STYLE without baggage',
    async run(context) {
      const env = { DD_TRACE_PROPAGATION_STYLE: 'datadog,tracecontext' }
      const service = await context.start({ app, env })
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
      const sessionId = context.newSession()
      for (const headers of [datadog(TID_AND_DM), { traceparent: TRACEPARENT }, datadog(TID_AND_DM)]) {
        const label = context.newLabel()
        const all = { ...headers, ...member(sessionId) }
        const [answer] = await once(
          http.get(service.url(`slow?label=${label}`), { agent, headers: all }),
          'response',
        )
        await answer.toArray()
        await context.expectSession(service, label, 2, sessionId)
      }
      agent.destroy()
    },
  },
  {
    name: "event below another request's span has the session of that request",
    async run(context) {
      const service = await context.start({ app })
      for (const sessionId of [undefined, context.newSession()]) {
        const label = context.newLabel()
        await service.get(`enqueue?label=${label}`, member(sessionId))
        await service.get('work', member(context.newSession()))
        await context.expectSession(service, label, 1, sessionId)
      }
    },
  },
  {
    name: 'x-datadog-tags of a client with long tags: stays valid, keeps the trace id, at most 512 characters',
    async run(context) {
      const service = await context.start({ app })
      for (const length of [100, 250, 300, 350, 400]) {
        for (const sessionId of [context.newSession(), 'x'.repeat(128)]) {
          const label = context.newLabel()
          const own = `${TID_AND_DM},_dd.p.x=`
          const headers = { ...datadog(own.padEnd(length, 'y')), ...member(sessionId) }
          const sent = [await call(context, service, {}, headers)]
          // Above 300 characters LLMObs's tags alone exceed the limit.
          if (length <= 300) sent.push(await call(context, service, { label }, headers))
          else await service.get(`slow?label=${label}`, headers)
          for (const { 'x-datadog-tags': tags = '' } of sent) {
            const what = `${length} of the client, ${sessionId.length} of the session: ${tags.length} ${tags}`
            assert.match(tags, /(^|,)_dd\.p\.tid=[0-9a-f]{16}(,|$)/, what)
            assert.match(tags, /(^|,)_dd\.p\.dm=-\d(,|$)/, what)
            assert.ok(tags.length <= 512, what)
          }
          await context.expectSession(service, label, length <= 300 ? 1 : 2, sessionId)
        }
      }
    },
  },
  {
    name: "explicit sessionId that is no valid tag: the request's session is not sent in its place",
    async run(context) {
      const service = await context.start({ app })
      const sessionId = context.newSession()
      for (const headers of [datadog(TID_AND_DM), { traceparent: TRACEPARENT }]) {
        const query = { label: context.newLabel(), sessionId: 'ä user, 42' }
        const sent = await call(context, service, query, { ...headers, ...member(sessionId) })
        assert.doesNotMatch(sent['x-datadog-tags'] ?? '', new RegExp(sessionId))
        assert.doesNotMatch(sent.tracestate ?? '', new RegExp(sessionId))
      }
    },
  },
]

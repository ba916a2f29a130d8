import assert from 'node:assert/strict'
import { baggage, type Case, type CaseContext } from './case-context.js'
import { REGISTER, type Service, type ServiceOptions } from './service.js'

const MATRIX_EVENTS = 25

const next = (service: Service, path: string) => encodeURIComponent(service.url(path))

/** Checks the events of one request with a session and of one without. */
async function matrix(context: CaseContext, options: ServiceOptions & { query?: boolean }): Promise<void> {
  const service = await context.start(options)
  const [joined, plain, sessionId] = [context.newLabel(), context.newLabel(), context.newSession()]
  await service.get(`matrix?label=${joined}`, baggage(sessionId))
  await service.get(`matrix?label=${plain}`)
  const events = await context.expectSession(service, joined, MATRIX_EVENTS, sessionId)
  const kinds = new Set(events.map(({ meta }) => meta['span.kind']))
  assert.deepEqual([...kinds].sort(), ['agent', 'embedding', 'llm', 'retrieval', 'task', 'tool', 'workflow'])
  await context.expectSession(service, plain, MATRIX_EVENTS, undefined)
  if (!options.query) return
  const found = await context.agent.search(`@session_id:${sessionId}`)
  assert.deepEqual(
    found.map(({ name }) => name).sort(),
    events.map(({ name }) => name).sort(),
    'the query API by session',
  )
}

async function hop(
  context: CaseContext,
  options: ServiceOptions,
  route: string,
  count: number,
): Promise<void> {
  const [caller, callee] = [await context.start(options), await context.start(options)]
  const [label, sessionId] = [context.newLabel(), context.newSession()]
  await caller.get(
    `${route}?label=${label}&next=${next(callee, `matrix?label=${label}`)}`,
    baggage(sessionId),
  )
  await context.expectSession([caller, callee], label, MATRIX_EVENTS + count, sessionId)
}

export const matrixCases: Case[] = [
  // The test agent keeps decoded events in a cache whose keys recur after a clear, so only the first case can query it.
  {
    name: 'event matrix, express, --import register; query API by session',
    run: (context) => matrix(context, { query: true }),
  },
  {
    name: 'event matrix, fastify',
    run: (context) => matrix(context, { env: { APP_SERVER: 'fastify' } }),
  },
  {
    name: 'request bodies: events, express.json, fastify',
    async run(context) {
      const [express, fastify] = [
        await context.start(),
        await context.start({ env: { APP_SERVER: 'fastify' } }),
      ]
      const sessionId = context.newSession()
      const requests: [
        service: Service,
        route: string,
        type: string,
        chunks: [string, string],
        events: number,
      ][] = [
        [express, 'body', 'text/plain', ['a', 'b'], 3],
        [express, 'slow', 'application/json', ['{"a":', '1}'], 2],
        [fastify, 'slow', 'application/json', ['{"a":', '1}'], 2],
      ]
      for (const [service, route, type, chunks, count] of requests) {
        for (const session of [sessionId, undefined]) {
          const label = context.newLabel()
          const headers = { 'content-type': type, ...baggage(session) }
          await service.post(`${route}?label=${label}`, headers, chunks)
          await context.expectSession(service, label, count, session)
        }
      }
    },
  },
  {
    name: 'required before dd-trace',
    run: (context) => matrix(context, { imports: [], env: { APP_BRIDGE: 'before' } }),
  },
  {
    name: 'required after dd-trace',
    run: (context) => matrix(context, { imports: [], env: { APP_BRIDGE: 'after' } }),
  },
  {
    name: 'double install (ESM and CommonJS copy), called twice',
    async run(context) {
      await matrix(context, { env: { APP_BRIDGE: 'after' } })
    },
  },
  {
    name: 'DD_TRACE_PROPAGATION_STYLE without baggage',
    run: (context) => matrix(context, { env: { DD_TRACE_PROPAGATION_STYLE: 'datadog,tracecontext' } }),
  },
  {
    name: 'ES modules',
    async run(context) {
      const imports = ['dd-trace/initialize.mjs', REGISTER]
      const service = await context.start({ app: 'dd-trace.mjs', imports })
      const sessionId = context.newSession()
      const url = encodeURIComponent(`http://127.0.0.1:${context.loopbackPort}/v1`)
      await service.get(`one?label=${context.newLabel()}&next=${url}`, baggage(sessionId))
      await context.expectSession(service, '', 2, sessionId)
    },
  },
  {
    name: 'second service over HTTP, under an LLMObs span',
    async run(context) {
      await hop(context, {}, 'hop', 1)
    },
  },
  {
    name: 'second service over HTTP, no LLMObs span in the caller',
    async run(context) {
      await hop(context, {}, 'call', 0)
    },
  },
  {
    name: 'second service, DD_TRACE_PROPAGATION_STYLE without baggage',
    async run(context) {
      for (const style of ['datadog', 'tracecontext', 'datadog,tracecontext']) {
        await hop(context, { env: { DD_TRACE_PROPAGATION_STYLE: style } }, 'call', 0)
      }
    },
  },
  {
    name: 'openai as child and as only span',
    async run(context) {
      const service = await context.start()
      const sessionId = context.newSession()
      const url = encodeURIComponent(`http://127.0.0.1:${context.loopbackPort}/v1`)
      await service.get(`openai?label=${context.newLabel()}&next=${url}`, baggage(sessionId))
      await context.expectSession(service, '', 3, sessionId)
      await context.expectSession(service, 'OpenAI', 2, sessionId)
    },
  },
  {
    name: "AI SDK agent, spans of dd-trace's integration (5.60: a manual span)",
    async run(context) {
      const byHand = context.fixture.name === 'dd-trace-5.60'
      // An agent, two model calls and a tool. AI SDK 7, in the 6.x fixtures, adds two steps.
      const count = byHand ? 1 : context.fixture.name.startsWith('dd-trace-6') ? 6 : 4
      const imports = ['dd-trace/initialize.mjs', REGISTER]
      const service = await context.start({ imports, env: byHand ? { APP_AI: 'by-hand' } : {} })
      const sessionId = context.newSession()
      await service.get(`ai?label=${context.newLabel()}`, baggage(sessionId))
      const events = await context.expectSession(service, '', count, sessionId)
      assert.ok(events.some(({ meta }) => meta['span.kind'] === (byHand ? 'agent' : 'tool')))
    },
  },
  {
    name: '200 concurrent sessions',
    async run(context) {
      const service = await context.start()
      const requests = Array.from({ length: 200 }, () => ({
        label: context.newLabel(),
        sessionId: context.newSession(),
      }))
      await Promise.all(
        requests.map(({ label, sessionId }) => service.get(`slow?label=${label}`, baggage(sessionId))),
      )
      const events = await context.events(service, 400)
      const sessions = new Map(requests.map(({ label, sessionId }) => [label, sessionId]))
      const wrong = events.filter(
        ({ name, session_id }) => sessions.get(name.split(':')[0] ?? '') !== session_id,
      )
      assert.equal(wrong.length, 0, `${wrong.length} of 400 events have a wrong session`)
    },
  },
]

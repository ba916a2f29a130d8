import assert from 'node:assert/strict'
import type { ApmSpan } from '../support/test-agent.js'
import { waitUntil } from '../support/wait-until.js'
import { baggage, type Case, type CaseContext } from './case-context.js'
import type { ServiceOptions } from './service.js'

const SESSION_ATTRIBUTES = ['session.id', 'session_id', 'gen_ai.conversation.id']

/** Returns the session attributes of the spans that the route /otel makes, by the name without the label. */
async function otelSpans(context: CaseContext, options: ServiceOptions, sessionId?: string) {
  const service = await context.start(options)
  const label = context.newLabel()
  await service.get(`otel?label=${label}`, baggage(sessionId))
  const spans = await waitForSpans(context, label, 4)
  return Object.fromEntries(
    spans.map((span) => [
      nameOf(span, label).slice(label.length + 1),
      SESSION_ATTRIBUTES.map((attribute) => span.meta[attribute]),
    ]),
  )
}

const nameOf = (span: ApmSpan, label: string) =>
  [span.name, span.resource].find((name) => name.startsWith(label)) ?? ''

async function waitForSpans(context: CaseContext, label: string, count: number): Promise<ApmSpan[]> {
  let spans: ApmSpan[] = []
  await waitUntil(async () => {
    spans = (await context.agent.traces()).filter((span) => nameOf(span, label))
    return spans.length >= count
  })
  assert.equal(spans.length, count, 'spans that reached the agent')
  return spans
}

export const lifecycleCases: Case[] = [
  {
    name: 'disable() restores everything',
    async run(context) {
      const { report } = await context.start({ app: 'disable.cjs', imports: [] })
      assert.deepEqual(report.during, ['register', 'inject', 'subscribed'])
      assert.deepEqual(report.after, [])
      const service = await context.start({ imports: [], env: { APP_BRIDGE: 'before' } })
      const sessionId = context.newSession()
      // Waits for the span after the response too, before the next switch.
      const run = async (label: string, expected: string | undefined) => {
        await service.get(`matrix?label=${label}`, baggage(sessionId))
        await context.expectSession(service, label, 25, expected)
      }
      await run('bridged', sessionId)
      await service.get('disable')
      await run('disabled', undefined)
      await service.get('bridge')
      await run('again', sessionId)
    },
  },
  {
    name: 'LLM Observability off',
    async run(context) {
      const service = await context.start({ env: { DD_LLMOBS_ENABLED: '0' } })
      const sessionId = context.newSession()
      await service.get('matrix?label=off', baggage(sessionId))
      const sent = await context.outgoing(service, baggage(sessionId))
      assert.doesNotMatch(sent['x-datadog-tags'] ?? '', /llmobs_sid/)
      assert.deepEqual(await context.agent.events(), [])
    },
  },
  {
    name: 'dd-trace absent',
    async run(context) {
      const service = await context.start({ app: 'plain.cjs', imports: [] })
      for (let requests = 0; requests < 3; requests++) {
        const { ddTrace, said } = JSON.parse(await service.get('', baggage(context.newSession())))
        assert.equal(ddTrace, false)
        assert.equal(said.length, 1, said.join('\n'))
        assert.match(said[0], /dd-trace is not loaded/)
      }
    },
  },
  {
    name: 'OpenTelemetry API spans of dd-trace',
    async run(context) {
      const id = context.newSession()
      assert.deepEqual(await otelSpans(context, {}, id), {
        agent: [id, undefined, id],
        late: [id, id, undefined],
        own: [id, id, 'own-conversation'],
        plain: [undefined, undefined, undefined],
      })
      const without = await otelSpans(context, {})
      assert.deepEqual(without.agent, [undefined, undefined, undefined])
    },
  },
  {
    name: "LlmObsSessionSpanProcessor on dd-trace's TracerProvider",
    async run(context) {
      const id = context.newSession()
      // dd-trace's spans do not show their attributes, so only `spans: 'all'` finds them.
      const alone = await otelSpans(context, { imports: [], env: { APP_PROCESSOR: 'all' } }, id)
      // The context of 5.60 holds no baggage of the request.
      const given = context.fixture.name === 'dd-trace-5.60' ? undefined : id
      assert.deepEqual(alone.agent, [given, undefined, undefined])
      assert.deepEqual(alone.plain, [given, undefined, undefined])
      const both = await otelSpans(context, { env: { APP_PROCESSOR: 'llmobs' } }, id)
      assert.deepEqual(both.agent, [id, undefined, id])
      assert.equal(both.own?.[2], 'own-conversation')
    },
  },
  {
    name: 'egress: DD_TRACE_PROPAGATION_STYLE_INJECT without baggage',
    async run(context) {
      const service = await context.start({
        env: { DD_TRACE_PROPAGATION_STYLE_INJECT: 'datadog,tracecontext' },
      })
      for (const via of ['headers', 'fetch']) {
        const sent = await context.outgoing(service, baggage(context.newSession()), via)
        assert.equal(sent.baggage, undefined)
        assert.match(sent['x-datadog-tags'] ?? '', /llmobs_sid/)
      }
    },
  },
  {
    name: 'egress: first-party hosts get the session, third parties do not, over http and fetch',
    async run(context) {
      const service = await context.start({ env: { RUM_LLMOBS_ALLOWED_HOSTS: 'api.example.com' } })
      const sessionId = context.newSession()
      const rum = { baggage: `session.id=${sessionId},tier=gold,user.id=u%40example.com,account.id=42` }
      for (const via of ['headers', 'fetch']) {
        for (const host of ['127.0.0.1', 'localhost', 'api.example.com']) {
          const sent = await context.outgoing(service, rum, via, host)
          const [baggage, tags, tracestate] = [sent.baggage, sent['x-datadog-tags'], sent.tracestate]
          for (const header of [baggage, tags, tracestate]) {
            assert.ok(header?.includes(sessionId), `${via} to ${host}: ${JSON.stringify(sent)}`)
          }
          assert.match(baggage ?? '', /user\.id=/)
        }
        const sent = await context.outgoing(service, rum, via, 'llm.example.com')
        assert.equal(sent.baggage, 'tier=gold', via)
        assert.doesNotMatch(
          JSON.stringify(sent),
          new RegExp(`${sessionId}|llmobs_sid|user\\.id|account`),
          via,
        )
        assert.match(sent['x-datadog-tags'] ?? '', /_dd\.p\.tid=/)
        assert.match(sent.tracestate ?? '', /dd=.*t\.dm:/)
        assert.ok(sent.traceparent)
        const again = await context.outgoing(service, rum, via)
        assert.ok(again.tracestate?.includes(sessionId), 'a first-party host after a third party')
      }
    },
  },
  {
    name: 'egress: a redirect of fetch to a third party carries no session',
    async run(context) {
      const service = await context.start()
      const sessionId = context.newSession()
      const rum = { baggage: `session.id=${sessionId},tier=gold,user.id=u%40example.com` }
      const sent = await context.outgoing(service, rum, 'fetch', '127.0.0.1', 'redirect')
      assert.match(sent.host ?? '', /llm\.example\.com/)
      assert.equal(sent.baggage, 'tier=gold')
      assert.doesNotMatch(JSON.stringify(sent), new RegExp(`${sessionId}|llmobs_sid|user\\.id`))
      assert.ok(sent.traceparent)
    },
  },
  {
    name: 'egress: propagationBlocklist keeps the session from third parties',
    async run(context) {
      const service = await context.start({ env: { APP_EGRESS: 'first-party' } })
      const sessionId = context.newSession()
      for (const via of ['headers', 'fetch']) {
        const blocked = await context.outgoing(service, baggage(sessionId), via, '127.0.0.1')
        assert.ok(!JSON.stringify(blocked).includes(sessionId), `${via} to a third party`)
        const allowed = await context.outgoing(service, baggage(sessionId), via, 'localhost')
        assert.ok(JSON.stringify(allowed).includes(sessionId), `${via} to a first-party host`)
      }
    },
  },
]

import assert from 'node:assert/strict'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { SPAN_CONVENTIONS } from '../../packages/node-span-processor/src/span-conventions.js'
import { collectorBinary } from '../support/cached-tools.js'
import { Collector } from '../support/collector.js'
import { OtlpRecorder, type RecordedSpan } from '../support/otlp-recorder.js'
import { SpanEmitter } from '../support/span-emitter.js'
import { waitUntil } from '../support/wait-until.js'
import { provide } from './provide.js'

const TRACES = 60
const SPANS = 7

/** Traces of one span: every attribute that marks an agent, with every attribute that holds a session. */
const agentsInSession = SPAN_CONVENTIONS.flatMap(({ attribute, agents }) =>
  agents.flatMap((agent) =>
    ['session.id', 'gen_ai.conversation.id'].map((session) => ({
      name: `${attribute} = ${agent}, ${session}`,
      attributes: { [attribute]: agent, [session]: 'session' },
    })),
  ),
)

const KEPT = TRACES * SPANS + agentsInSession.length + 2

/** Spans by trace. */
function tracesOf(recorder: OtlpRecorder): Map<string, RecordedSpan[]> {
  const traces = new Map<string, RecordedSpan[]>()
  for (const span of recorder.accepted.values()) {
    traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span])
  }
  return traces
}

describe('gateway-routing.yaml + gateway-sampling.yaml', () => {
  let recorders: OtlpRecorder[] = []
  let samplers: Collector[] = []
  let routers: Collector[] = []
  const kept = () => recorders.flatMap((recorder) => [...recorder.accepted.values()])
  const named = (name: string) => kept().filter((span) => span.name === name)

  before(async function () {
    await provide(this, collectorBinary)
    recorders = await Promise.all([OtlpRecorder.start(), OtlpRecorder.start()])
    samplers = await Promise.all(
      recorders.map(({ url }) =>
        Collector.start(['gateway-sampling.yaml'], {
          OTLP_URL: url,
          GATEWAY_DECISION_WAIT: '3s',
          GATEWAY_PERCENTAGE: '0',
        }),
      ),
    )
    const addresses = samplers.map(({ grpcUrl }) => new URL(grpcUrl).host)
    routers = await Promise.all(
      [1, 2].map(() =>
        Collector.start(['gateway-routing.yaml'], { GATEWAY_SAMPLERS: `[${addresses.join(', ')}]` }),
      ),
    )
    const [first = '', second = ''] = routers.map(({ httpUrl }) => httpUrl)
    // Three services send to different routers. Session and agent are on different spans.
    const front = new SpanEmitter(first, { 'service.name': 'front' })
    const agents = new SpanEmitter(second, { 'service.name': 'agents' })
    const research = new SpanEmitter(first, { 'service.name': 'research' })
    for (let index = 0; index < TRACES; index++) {
      const session = { 'session.id': `session-${index}` }
      const entry = front.emit({ name: 'POST /chat', kind: SpanKind.SERVER, attributes: session })
      const step = { name: 'chat', attributes: { 'gen_ai.operation.name': 'chat' } }
      const agent = agents.emit(
        {
          name: 'agent',
          attributes: { 'gen_ai.operation.name': 'invoke_agent' },
          children: [step, { name: 'execute_tool' }, step],
        },
        entry,
      )
      research.emit({ name: 'POST /research', children: [{ name: 'chat' }] }, agent)

      front.emit({ name: 'session, no agent', attributes: session })
      agents.emit({ name: 'agent, no session', attributes: { 'gen_ai.operation.name': 'invoke_agent' } })
    }
    for (const span of agentsInSession) agents.emit(span)
    for (const attribute of SPAN_CONVENTIONS.map((convention) => convention.attribute)) {
      agents.emit({ name: 'no agent', attributes: { [attribute]: 'tool', 'session.id': 'session' } })
    }
    const failed = front.emit({ name: 'failed', status: { code: SpanStatusCode.ERROR } })
    research.emit({ name: 'below the failed one' }, failed)
    await Promise.all([front, agents, research].map((service) => service.stop()))
    await waitUntil(() => kept().length >= KEPT, 30)
  })
  after(async () => {
    await Promise.all([...routers, ...samplers].map((collector) => collector.process.stop()))
    await Promise.all(recorders.map((recorder) => recorder.stop()))
  })

  it('keeps every span of a trace that has a session and an agent', () => {
    const agentTraces = named('agent').map(({ traceId }) => traceId)
    assert.equal(new Set(agentTraces).size, TRACES)
    for (const traceId of agentTraces) {
      assert.equal(kept().filter((span) => span.traceId === traceId).length, SPANS)
    }
  })

  for (const { name } of agentsInSession) {
    it(`keeps a trace with ${name}`, () => assert.equal(named(name).length, 1))
  }

  it('routes all spans of a trace to one sampler, and traces to both samplers', () => {
    const [first, second] = recorders.map(tracesOf)
    assert.ok(first && second)
    assert.deepEqual(
      [...first.keys()].filter((traceId) => second.has(traceId)),
      [],
    )
    assert.ok(Math.min(first.size, second.size) >= TRACES / 5, `${first.size} and ${second.size} traces`)
  })

  it('keeps every span of a trace with an error', () => {
    assert.equal(named('failed').length, 1)
    assert.equal(named('below the failed one').length, 1)
  })

  it('samples all other traces by the percentage, here 0', () => {
    assert.equal(named('session, no agent').length, 0)
    assert.equal(named('agent, no session').length, 0)
    assert.equal(named('no agent').length, 0)
  })

  it('delivers each span once', () => {
    assert.equal(kept().length, KEPT)
    assert.deepEqual(
      recorders.map(({ repeated }) => repeated.size),
      [0, 0],
    )
  })
})

import assert from 'node:assert/strict'
import { SpanKind } from '@opentelemetry/api'
import { collectorBinary } from '../support/cached-tools.js'
import { Collector } from '../support/collector.js'
import { OtlpRecorder } from '../support/otlp-recorder.js'
import { SpanEmitter } from '../support/span-emitter.js'
import { waitUntil } from '../support/wait-until.js'
import { provide } from './provide.js'

const resource = { 'service.name': 'agents', 'service.instance.id': '1' }
const agent = { name: 'agent', attributes: { 'gen_ai.operation.name': 'invoke_agent' } }

describe('session-from-server-span.yaml', () => {
  let recorder: OtlpRecorder
  let collector: Collector
  const conversations = (name: string) =>
    [...recorder.accepted.values()]
      .filter((span) => span.name === name)
      .map((span) => span.attributes['gen_ai.conversation.id'])
      .sort()

  before(async function () {
    await provide(this, collectorBinary)
    recorder = await OtlpRecorder.start()
    collector = await Collector.start(['gateway-sampling.yaml', 'session-from-server-span.yaml'], {
      OTLP_URL: recorder.url,
      GATEWAY_DECISION_WAIT: '2s',
      GATEWAY_PERCENTAGE: '100',
    })
    // Two exporters of one process: the SDK's, and the agent framework's.
    const sdk = new SpanEmitter(collector.httpUrl, resource)
    const framework = new SpanEmitter(collector.httpUrl, resource)
    const elsewhere = new SpanEmitter(collector.httpUrl, { 'service.name': 'another-service' })
    for (const id of ['session-1', 'session-2', 'session-3']) {
      const server = sdk.emit({ name: 'POST /chat', kind: SpanKind.SERVER, attributes: { 'session.id': id } })
      framework.emit({ ...agent, children: [{ name: 'step' }] }, server)
      framework.emit(
        { name: 'named', attributes: { ...agent.attributes, 'gen_ai.conversation.id': 'own' } },
        server,
      )
      elsewhere.emit({ ...agent, name: 'agent elsewhere' }, server)
    }
    const anonymous = sdk.emit({ name: 'POST /chat', kind: SpanKind.SERVER })
    framework.emit({ ...agent, name: 'anonymous agent' }, anonymous)
    const hostile = sdk.emit({
      name: 'POST /chat',
      kind: SpanKind.SERVER,
      attributes: { 'session.id': 'a b' },
    })
    framework.emit({ ...agent, name: 'agent of a hostile request' }, hostile)
    await Promise.all([sdk, framework, elsewhere].map((emitter) => emitter.stop()))
    await waitUntil(() => recorder.accepted.size === 19)
  })
  after(async () => {
    await collector?.process.stop()
    await recorder?.stop()
  })

  it('delivers every span', () => assert.equal(recorder.accepted.size, 19))

  it('copies the session of the server span to the agent spans of the same trace and resource', () => {
    assert.deepEqual(conversations('agent'), ['session-1', 'session-2', 'session-3'])
    for (const span of recorder.accepted.values()) {
      if (span.name === 'agent')
        assert.equal(span.attributes['session.id'], span.attributes['gen_ai.conversation.id'])
    }
  })

  it('keeps a conversation id of the application', () => {
    assert.deepEqual(conversations('named'), ['own', 'own', 'own'])
  })

  it('changes no spans outside LLM Observability', () => {
    assert.deepEqual(conversations('step'), [undefined, undefined, undefined])
  })

  it('changes no spans of another resource', () => {
    assert.deepEqual(conversations('agent elsewhere'), [undefined, undefined, undefined])
  })

  it('writes no session when the server span has none or an invalid one', () => {
    assert.deepEqual(conversations('anonymous agent'), [undefined])
    assert.deepEqual(conversations('agent of a hostile request'), [undefined])
  })
})

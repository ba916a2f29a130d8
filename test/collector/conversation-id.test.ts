import assert from 'node:assert/strict'
import type { Attributes } from '@opentelemetry/api'
import { collectorBinary } from '../support/cached-tools.js'
import { Collector } from '../support/collector.js'
import { OtlpRecorder } from '../support/otlp-recorder.js'
import { SpanEmitter } from '../support/span-emitter.js'
import { waitUntil } from '../support/wait-until.js'
import { provide } from './provide.js'

const session = '0e1c5b9f-7a64-4cf5-9a43-1f6f0c7f0a11'

const cases: { name: string; attributes: Attributes; conversation: unknown }[] = [
  {
    name: 'an agent',
    attributes: { 'gen_ai.operation.name': 'invoke_agent', 'session.id': session },
    conversation: session,
  },
  {
    name: 'a model call with gen_ai.system, of older conventions',
    attributes: { 'gen_ai.system': 'openai', 'session.id': session },
    conversation: session,
  },
  {
    name: 'a span that only names its provider',
    attributes: { 'gen_ai.provider.name': 'openai', 'session.id': session },
    conversation: session,
  },
  {
    name: 'a Traceloop workflow',
    attributes: { 'traceloop.span.kind': 'workflow', 'session.id': session },
    conversation: session,
  },
  {
    name: 'a Langfuse observation',
    attributes: { 'langfuse.observation.type': 'agent', 'session.id': session },
    conversation: session,
  },
  {
    name: 'a Langfuse observation with langfuse.session.id',
    attributes: { 'langfuse.observation.type': 'agent', 'langfuse.session.id': 'own', 'session.id': session },
    conversation: undefined,
  },
  {
    name: 'an agent with a conversation id of the application',
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.conversation.id': 'own',
      'session.id': session,
    },
    conversation: 'own',
  },
  {
    name: 'an OpenInference span, whose session is read from session.id',
    attributes: { 'openinference.span.kind': 'AGENT', 'session.id': session },
    conversation: undefined,
  },
  {
    name: 'an HTTP span',
    attributes: { 'http.request.method': 'GET', 'session.id': session },
    conversation: undefined,
  },
  {
    name: 'an agent without a session',
    attributes: { 'gen_ai.operation.name': 'chat' },
    conversation: undefined,
  },
  {
    name: 'an id with a line break',
    attributes: { 'gen_ai.operation.name': 'chat', 'session.id': 'a\nb' },
    conversation: undefined,
  },
  {
    name: 'an id that is too long',
    attributes: { 'gen_ai.operation.name': 'chat', 'session.id': 'a'.repeat(129) },
    conversation: undefined,
  },
  {
    name: 'an empty id',
    attributes: { 'gen_ai.operation.name': 'chat', 'session.id': '' },
    conversation: undefined,
  },
]

describe('conversation-id.yaml', () => {
  let recorder: OtlpRecorder
  let collector: Collector

  before(async function () {
    await provide(this, collectorBinary)
    recorder = await OtlpRecorder.start()
    collector = await Collector.start(['local.yaml', 'conversation-id.yaml'], {
      VIEWER_URL: recorder.url,
      OTELCOL_FILE: '/dev/null',
    })
    const service = new SpanEmitter(collector.httpUrl, { 'service.name': 'service-with-session-id-only' })
    for (const { name, attributes } of cases) service.emit({ name, attributes })
    await service.stop()
    await waitUntil(() => recorder.accepted.size === cases.length)
  })
  after(async () => {
    await collector?.process.stop()
    await recorder?.stop()
  })

  for (const { name, attributes, conversation } of cases) {
    it(`${name}: gen_ai.conversation.id ${conversation === undefined ? 'stays absent' : conversation === session ? 'becomes the session' : 'is kept'}`, () => {
      const span = [...recorder.accepted.values()].find((span) => span.name === name)
      assert.equal(span?.attributes['gen_ai.conversation.id'], conversation)
      assert.equal(span?.attributes['session.id'], attributes['session.id'])
    })
  }
})

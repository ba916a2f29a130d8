import assert from 'node:assert/strict'
import { encode } from '@msgpack/msgpack'
import { embeddedEvents } from '../src/embedded-events.js'
import { RunningViewer } from './running-viewer.js'

/** As ddtrace 4.16 for Python has it in an APM span. */
const event = {
  name: 'chat',
  trace_id: '6b0acfb000000000b212efe140fa0255',
  parent_id: '13791001142385913405',
  session_id: 's',
  ml_app: 'shop',
  tags: { service: 'shop', language: 'python', 'ddtrace.version': '4.16.0' },
  meta: {
    span: { kind: 'llm' },
    model_name: 'gpt-5',
    input: { messages: [{ role: 'user', content: 'Where is my order?' }] },
    output: { messages: [{ role: 'assistant', content: 'On its way.' }] },
    error: { message: 'broken', type: 'builtins.ValueError' },
  },
  metrics: { input_tokens: 3, output_tokens: 4 },
  _dd: { sample_rate: '1' },
}
const span = {
  service: 'shop',
  name: 'chat',
  type: 'llm',
  trace_id: 6956357772855244980n,
  span_id: 11273014723020022328n,
  start: 1795870640141129424n,
  duration: 100179,
  error: 1,
  meta: { 'span.kind': 'client' },
  meta_struct: { _llmobs: encode(event) },
}

describe('events of LLM Observability inside APM spans', () => {
  let viewer: RunningViewer
  before(async () => {
    viewer = await RunningViewer.start()
  })
  after(() => viewer.stop())
  afterEach(() => fetch(`${viewer.url}/api/state`, { method: 'DELETE' }))

  const post = (...spans: object[]) =>
    viewer.post('/v0.4/traces', Buffer.from(encode([spans], { useBigInt64: true })), {
      'content-type': 'application/msgpack',
    })

  it('become spans of the trace, with their session', async () => {
    const agent = {
      ...span,
      span_id: 13791001142385913405n,
      error: 0,
      meta_struct: {
        _llmobs: encode({
          ...event,
          name: 'agent',
          parent_id: 'undefined',
          meta: { span: { kind: 'agent' } },
        }),
      },
    }
    assert.equal((await post({ name: 'web.request' }, span, agent)).status, 200)
    const { traces } = await viewer.state()
    assert.deepEqual(
      traces.map(({ traceId, source, rootName, sessionId }) => [traceId, source, rootName, sessionId]),
      [[event.trace_id, 'dd-trace', 'agent', 's']],
    )
    const chat = traces[0]?.spans.find(({ name }) => name === 'chat')
    assert.deepEqual(
      [chat?.spanId, chat?.parentSpanId, chat?.kind, chat?.service, chat?.language, chat?.model, chat?.error],
      ['11273014723020022328', '13791001142385913405', 'llm', 'shop', 'python', 'gpt-5', 'broken'],
    )
    assert.deepEqual(chat?.tokens, { input: 3, output: 4 })
    assert.match(chat?.input ?? '', /Where is my order\?/)
    assert.deepEqual([chat?.startedAt, chat?.durationMs], [1795870640141.1294, 0.100179])
  })

  it('have the request of their span', () => {
    const [{ _dd } = {}] = embeddedEvents([span])
    assert.deepEqual(_dd, { apm_trace_id: '6089f289bd9078b4' })
  })

  for (const [name, llmobs] of [
    ['no bytes', { name: 'chat' }],
    ['no msgpack', Buffer.from([0xc1])],
    ['an array that promises more than it holds', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
    ['binary data', encode({ ...event, meta: { metadata: { data: new Uint8Array(1000) } } })],
    ['a time', encode({ ...event, meta: { metadata: { at: new Date() } } })],
    ['more maps than the bound', encode(Array(500_001).fill({}))],
  ] as const) {
    it(`are left out where there is ${name}`, () => {
      assert.deepEqual(embeddedEvents([{ ...span, meta_struct: { _llmobs: llmobs } }]), [])
    })
  }

  it('hold no more maps together than one body may', () => {
    const many = { ...span, meta_struct: { _llmobs: encode({ list: Array(200_000).fill({}) }) } }
    assert.equal(embeddedEvents(Array(10).fill(many)).length, 2)
  })

  it('take no integer from what is none', async () => {
    const hostile = { toString: 1, valueOf: 1 }
    const fields = { trace_id: hostile, span_id: hostile, start: hostile, duration: hostile, error: hostile }
    const tags = { a: hostile, b: null, c: 1 }
    const _llmobs = encode({ ...event, tags })
    assert.equal((await post({ ...fields, meta_struct: { _llmobs } })).status, 200)
    const [read] = embeddedEvents([{ ...span, ...fields, meta_struct: { _llmobs } }])
    assert.deepEqual(
      [read?.span_id, read?.start_ns, read?.duration, read?.status],
      [undefined, undefined, undefined, 'ok'],
    )
    assert.deepEqual(read?.tags, ['a:{"toString":1,"valueOf":1}', 'b:null', 'c:1'])
  })
})

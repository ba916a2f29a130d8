import assert from 'node:assert/strict'
import { llmObsSpans } from '../src/llmobs-events.js'
import { otlpSpans } from '../src/otlp-spans.js'
import { shownSession } from '../src/reasons/evidence.js'
import type { Attributes, Trace } from '../src/telemetry.js'
import { TelemetryStore } from '../src/telemetry-store.js'
import { keyValues } from './running-viewer.js'

const CHAT = { 'gen_ai.operation.name': 'chat' }
const CHAIN = { 'openinference.span.kind': 'CHAIN' }
const REQUEST = '0af7651916cd43dd8448eb211c80319c'

interface Received {
  spanId: string
  parentSpanId?: string
  startTimeUnixNano?: string
  name?: string
  service?: string
  language?: string
  kind?: number
  attributes?: Attributes
}

const server = (more: Partial<Received> = {}): Received => ({ spanId: 'server', kind: 2, ...more })
const llm = (attributes: Attributes, more: Partial<Received> = {}): Received => ({
  spanId: 'llm',
  parentSpanId: 'server',
  attributes: { ...CHAT, ...attributes },
  ...more,
})
const written = (session: string) => ({ 'gen_ai.conversation.id': session, 'session.id': session })

function receive(store: TelemetryStore, spans: Received[]): Trace | undefined {
  const resourceSpans = spans.map(({ service = 'shop', language = 'nodejs', attributes = {}, ...span }) => ({
    resource: { attributes: keyValues({ 'service.name': service, 'telemetry.sdk.language': language }) },
    scopeSpans: [{ spans: [{ traceId: REQUEST, ...span, attributes: keyValues(attributes) }] }],
  }))
  store.addSpans(otlpSpans(resourceSpans).spans, 'otlp')
  return store.trace(REQUEST)
}

describe('the reason of a span', () => {
  for (const [code, spans] of [
    [undefined, [server(), llm(written('s'))]],
    [undefined, [llm(written('s'))]],
    [undefined, [server(), llm({ 'gen_ai.conversation.id': 'thread' })]],
    [
      undefined,
      [
        server({ attributes: { 'session.id': 's' } }),
        llm({ 'gen_ai.conversation.id': 'thread', session_id: 's' }),
      ],
    ],
    ['no-server-span', [llm({})]],
    ['no-server-span', [server({ service: 'gateway', spanId: 'other' }), llm({}, { parentSpanId: 'lost' })]],
    ['no-session-on-server-span', [server(), llm({})]],
    [
      'no-session-on-server-span',
      [server({ attributes: { 'http.request.header.baggage': 'user.id=1,my.session.id=s' } }), llm({})],
    ],
    [
      'no-session-on-server-span',
      [
        { spanId: 'click', kind: 3, service: 'page', language: 'webjs', attributes: { 'session.id': 's' } },
        server({ parentSpanId: 'click' }),
        llm({}),
      ],
    ],
    ['session-not-on-span', [server({ attributes: { 'session.id': 's' } }), llm({})]],
    [
      'session-not-on-span',
      [server({ attributes: { 'http.request.header.baggage': 'a=1, session.id = s;p=1' } }), llm({})],
    ],
    ...['session.id', 'session_id', 'langfuse.session.id'].flatMap((key) => [
      ['attribute-not-read', [server({ attributes: { 'session.id': 's' } }), llm({ [key]: 's' })]],
      ['session-not-on-span', [server({ attributes: { 'session.id': 's' } }), llm({ [key]: 'own' })]],
      ['no-session-on-server-span', [server(), llm({ [key]: 'own' })]],
      ['no-server-span', [llm({ [key]: 'own' })]],
    ]),
    [
      'attribute-not-read',
      [server({ attributes: { 'session.id': 's' } }), llm({ 'session.id': 'own', session_id: 's' })],
    ],
    [
      'own-conversation-id',
      [server({ attributes: { 'session.id': 's' } }), llm({ 'gen_ai.conversation.id': 'thread' })],
    ],
    [
      'own-conversation-id',
      [
        server(),
        llm(written('s'), { spanId: 'agent' }),
        llm({ 'gen_ai.conversation.id': 'thread' }, { parentSpanId: 'agent' }),
      ],
    ],
    [
      'own-conversation-id',
      [
        server({ attributes: { 'session.id': 's' } }),
        { spanId: 'chain', parentSpanId: 'server', attributes: { ...CHAIN, 'session.id': 'own' } },
      ],
    ],
    // A tag of the application.
    [
      'own-conversation-id',
      [
        server({ attributes: { 'session.id': 's' } }),
        llm({ 'gen_ai.conversation.id': 'thread', session_id: 'own' }),
      ],
    ],
    [
      'own-conversation-id',
      [
        server({ attributes: { 'session.id': 's' } }),
        llm({ 'gen_ai.conversation.id': 'thread', 'session.id': 'third', session_id: 'own' }),
      ],
    ],
    [undefined, [server(), llm({ 'gen_ai.conversation.id': 'thread', session_id: 'own' })]],
    [
      undefined,
      [
        server({ attributes: { 'session.id': 's' } }),
        llm({ 'gen_ai.conversation.id': 's', 'session.id': 's', session_id: 'own' }),
      ],
    ],
    // A tag that a processor wrote, beside a session.id of the application or with the session of another request.
    [
      undefined,
      [
        server({ attributes: { 'session.id': 's' } }),
        llm({ 'gen_ai.conversation.id': 'thread', 'session.id': 'own', session_id: 's' }),
      ],
    ],
    [
      'other-session',
      [
        server({ attributes: { 'session.id': 's' } }),
        llm({ 'gen_ai.conversation.id': 'thread', 'session.id': 't', session_id: 't' }),
      ],
    ],
    ['two-sessions', [server(), llm(written('s')), llm(written('t'), { spanId: 'llm 2' })]],
    ['other-session', [server({ attributes: { 'session.id': 's' } }), llm(written('t'))]],
    [
      'other-service',
      [
        server({ service: 'gateway', spanId: 'first', attributes: { 'session.id': 's' } }),
        { spanId: 'call', parentSpanId: 'first', kind: 3, service: 'gateway' },
        server({ parentSpanId: 'call' }),
        llm({}),
      ],
    ],
    [
      'no-session-on-server-span',
      [
        server({ service: 'gateway', spanId: 'first' }),
        { spanId: 'call', parentSpanId: 'first', kind: 3, service: 'gateway' },
        server({ parentSpanId: 'call' }),
        llm({}),
      ],
    ],
    // The message lost its baggage, between two services and within one.
    ...['worker', 'shop'].map((service) => [
      'other-service',
      [
        server({ attributes: { 'session.id': 's' } }),
        { spanId: 'send', parentSpanId: 'server', kind: 4 },
        { spanId: 'process', parentSpanId: 'send', kind: 5, service },
        llm({}, { parentSpanId: 'process', service }),
      ],
    ]),
    ['other-service', [{ spanId: 'process', kind: 5 }, llm({}, { parentSpanId: 'process' })]],
    [
      'session-not-on-span',
      [
        { spanId: 'process', kind: 5, attributes: { 'session.id': 's' } },
        llm({}, { parentSpanId: 'process' }),
      ],
    ],
    [
      'no-session-on-server-span',
      [
        server(),
        { spanId: 'send', parentSpanId: 'server', kind: 4 },
        { spanId: 'process', parentSpanId: 'send', kind: 5, service: 'worker' },
        llm({}, { parentSpanId: 'process', service: 'worker' }),
      ],
    ],
    [
      'no-server-span',
      [
        server({ attributes: { 'session.id': 's' } }),
        { spanId: 'call', parentSpanId: 'server', kind: 3 },
        llm({}, { parentSpanId: 'call', service: 'agent', language: 'python' }),
      ],
    ],
    [
      undefined,
      [
        server({ attributes: { 'session.id': 's' } }),
        { spanId: 'send', parentSpanId: 'server', kind: 4 },
        { spanId: 'process', parentSpanId: 'send', kind: 5, service: 'worker' },
        llm({ 'gen_ai.conversation.id': 'thread' }, { parentSpanId: 'process', service: 'worker' }),
      ],
    ],
  ] as [string | undefined, Received[]][]) {
    const shown = spans.map(({ attributes, ...span }) => JSON.stringify({ ...span, ...attributes })).join(' ')
    it(`is ${code ?? 'none'} for ${shown}`, () => {
      const reason = receive(new TelemetryStore(), spans)?.reason
      assert.equal(reason?.code, code)
      for (const text of reason ? [reason.found, reason.mend] : []) {
        assert.match(text, /^\S.*\.$/s)
        assert.doesNotMatch(text, /undefined|null|\[object/)
      }
    })
  }

  it('is session-lost once RUM reports that it traced the request in a session, whichever came first', () => {
    const decimal = BigInt(`0x${REQUEST.slice(-16)}`).toString()
    const rum = [
      {
        sessionId: 's',
        type: 'resource',
        at: 1,
        event: { resource: { id: 'r' }, _dd: { trace_id: decimal } },
      },
    ]
    const before = new TelemetryStore()
    before.addRumEvents(rum)
    assert.equal(receive(before, [server(), llm({})])?.reason?.code, 'session-lost')

    const after = new TelemetryStore()
    assert.equal(receive(after, [server(), llm({})])?.reason?.code, 'no-session-on-server-span')
    const { revision } = after.overview()
    after.addRumEvents(rum)
    assert.equal(after.overview(revision).traces[0]?.reason?.code, 'session-lost')
  })

  it('is mended in the language of the backend, and in both where the resource names none', () => {
    const mend = (language?: string) => {
      const store = new TelemetryStore()
      const attributes = keyValues({
        'service.name': 'shop',
        ...(language && { 'telemetry.sdk.language': language }),
      })
      const spans = [server({ attributes: { 'session.id': 's' } }), llm({})].map((span) => ({
        traceId: REQUEST,
        ...span,
        attributes: keyValues(span.attributes ?? {}),
      }))
      store.addSpans(otlpSpans([{ resource: { attributes }, scopeSpans: [{ spans }] }]).spans, 'otlp')
      return store.trace(REQUEST)?.reason?.mend ?? ''
    }
    assert.match(mend('nodejs'), /^Start the backend with node --import/)
    assert.match(mend('python'), /^pip install rum-llmobs/)
    for (const other of ['go', 'constructor', '__proto__', 'toString'])
      assert.match(mend(other), /rule of the Collector/)
    assert.match(mend(), /In Node: .*--import.*In Python: pip/)
  })

  it('starts dd-trace for its server span in the language of the backend', () => {
    const mend = (language?: string) => {
      const store = new TelemetryStore()
      const tags = ['service:shop', ...(language ? [`language:${language}`] : [])]
      const events = [{ trace_id: REQUEST, span_id: '1', name: 'chat', tags, meta: { 'span.kind': 'llm' } }]
      store.addSpans(llmObsSpans({ spans: events }), 'dd-trace')
      const reason = store.trace(REQUEST)?.reason
      assert.equal(reason?.code, 'no-server-span')
      return reason?.mend ?? ''
    }
    assert.match(mend('python'), /ddtrace-run/)
    assert.doesNotMatch(mend('python'), /node/)
    for (const node of ['nodejs', 'javascript']) assert.match(mend(node), /^Load .*node --import dd-trace/)
    assert.match(mend(), /In Node: .*--import.*In Python: .*ddtrace-run/)
    for (const other of ['java', 'constructor']) assert.doesNotMatch(mend(other), /node|ddtrace-run|function/)
  })

  it('says that the server span of an answer that streams has not come, and what is wrong if it never does', () => {
    const store = new TelemetryStore()
    const found = () => store.trace(REQUEST)?.reason?.found ?? ''
    receive(store, [llm({}, { spanId: 'chat', parentSpanId: 'agent' })])
    receive(store, [llm({}, { spanId: 'agent' })])
    assert.match(
      found(),
      /^The server span of shop has not come: .* If it has ended: HTTP is not instrumented/,
    )
    receive(store, [server()])
    assert.match(found(), /^The server span .* shows no session/)
  })

  for (const [name, spans] of [
    ['the topmost span has no parent', [{ spanId: 'llm', attributes: CHAT }]],
    [
      'the parent that has not come is above a call of another service',
      [
        { spanId: 'call', parentSpanId: 'lost', kind: 3, service: 'gateway' },
        llm({}, { parentSpanId: 'call' }),
      ],
    ],
  ] as [string, Received[]][]) {
    it(`waits for no server span where ${name}`, () => {
      const found = receive(new TelemetryStore(), spans)?.reason?.found ?? ''
      assert.match(found, /^The trace has no server span of shop: HTTP is not instrumented/)
    })
  }

  it('calls an id on the span the application’s where nothing shows that it is the session', () => {
    for (const attributes of [{ 'session.id': 's' }, {}] as Attributes[]) {
      const spans = [server({ attributes }), llm({ 'session.id': 'own' })]
      const found = receive(new TelemetryStore(), spans)?.reason?.found ?? ''
      assert.match(found, / Its session\.id, own, is an id of the application, .*\.$/)
    }
    const spans = [server({ attributes: { 'session.id': 's' } }), llm({ 'session.id': 's' })]
    assert.doesNotMatch(receive(new TelemetryStore(), spans)?.reason?.found ?? '', /application/)
  })

  const long = (name: string) => name + 'x'.repeat(15_000)
  for (const [code, spans] of [
    [
      'two-sessions',
      Array.from({ length: 20 }, (_, n) =>
        llm(written(long(`s${n}`)), { spanId: `${n}`, name: long('llm') }),
      ),
    ],
    [
      'own-conversation-id',
      [
        server({ attributes: { 'session.id': long('s') } }),
        llm({ 'gen_ai.conversation.id': long('thread') }),
      ],
    ],
    ['other-session', [server({ attributes: { 'session.id': long('s') } }), llm(written(long('t')))]],
    [
      'session-not-on-span',
      [server({ name: long('GET'), attributes: { 'session.id': long('s') } }), llm({})],
    ],
    ['no-session-on-server-span', [server({ name: long('GET') }), llm({})]],
    ['no-server-span', [llm({ 'session.id': long('own') }, { service: long('shop') })]],
    [
      'other-service',
      [
        server({ service: long('gateway'), spanId: 'first', attributes: { 'session.id': long('s') } }),
        server({ service: long('shop'), parentSpanId: 'first' }),
        llm({}, { service: long('shop') }),
      ],
    ],
  ] as [string, Received[]][]) {
    it(`is short for ${code}, however long the ids and names are`, () => {
      const reasons = receive(new TelemetryStore(), spans)?.spans.flatMap(({ reason }) => reason ?? []) ?? []
      assert.equal(reasons[0]?.code, code)
      for (const { found, mend } of reasons) assert.ok(found.length + mend.length < 1200, found.slice(0, 500))
    })
  }

  it('names five of many sessions, and how many more there are', () => {
    const spans = Array.from({ length: 8 }, (_, n) => llm(written(`s${n}`), { spanId: `${n}` }))
    const found = receive(new TelemetryStore(), spans)?.reason?.found ?? ''
    assert.match(found, /8 sessions, .*: s0 on 1, .*s4 on 1 and 3 more\.$/)
  })

  it('names the hook of ESM only where the backend may be Node', () => {
    const found = (language: string) =>
      receive(new TelemetryStore(), [llm({}, { language })])?.reason?.found ?? ''
    for (const language of ['nodejs', '']) assert.match(found(language), /ESM/)
    for (const language of ['python', 'go']) assert.doesNotMatch(found(language), /ESM/)
  })

  it('stands on the LLM spans alone, and goes when the span comes again with its session', () => {
    const store = new TelemetryStore()
    const reasons = (trace: Trace | undefined) =>
      trace?.spans.map(({ spanId, reason }) => [spanId, reason?.code])
    assert.deepEqual(reasons(receive(store, [server(), llm({})])), [
      ['server', undefined],
      ['llm', 'no-session-on-server-span'],
    ])
    assert.equal(receive(store, [llm(written('s'))])?.reason, undefined)
  })
})

describe('shownSession', () => {
  it('reads a captured header as far as servers take one', () => {
    const shown = (length: number) =>
      shownSession({ 'http.request.header.baggage': `${'a'.repeat(length)},session.id=s` })?.id
    assert.equal(shown(8000), 's')
    assert.equal(shown(8192), undefined)
  })
})

describe('the reason of a session', () => {
  it('is not-in-rum until RUM reports it', () => {
    const store = new TelemetryStore()
    receive(store, [server(), llm(written('s'))])
    assert.equal(store.session('s')?.reason?.code, 'not-in-rum')
    assert.match(store.session('s')?.reason?.found ?? '', /no session here at all/)
    store.addRumEvents([{ sessionId: 'other', type: 'action', at: 1, event: { action: { id: 'a' } } }])
    assert.match(store.session('s')?.reason?.found ?? '', /1 others/)
    store.addRumEvents([{ sessionId: 's', type: 'action', at: 1, event: { action: { id: 'a' } } }])
    assert.equal(store.session('s')?.reason, undefined)
  })
})

import assert from 'node:assert/strict'
import {
  type Attributes,
  type Context,
  DiagLogLevel,
  diag,
  propagation,
  ROOT_CONTEXT,
  type Span,
} from '@opentelemetry/api'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import {
  LlmObsSessionSpanProcessor,
  type LlmObsSessionSpanProcessorConfig,
} from '../src/llmobs-session-span-processor.js'
import { RequestSession } from '../src/request-session.js'
import { collectDiag } from './diag-messages.js'
import { contextWith, exportedAttributes, SESSION } from './exported-attributes.js'

const AGENT = { 'gen_ai.operation.name': 'invoke_agent' }
const CHAT = { 'gen_ai.operation.name': 'chat' }

interface Lifecycle {
  config?: LlmObsSessionSpanProcessorConfig
  context?: Context
  start?: Attributes
  later?: Attributes
  wrap?: (processor: LlmObsSessionSpanProcessor) => SpanProcessor
}

function exported({ config, wrap = (processor) => processor, ...span }: Lifecycle): Attributes {
  return exportedAttributes({ processors: [wrap(new LlmObsSessionSpanProcessor(config))], ...span })
}

/** The span processor without onEnding, as SDK 2.2 uses it. */
function withoutOnEnding(processor: LlmObsSessionSpanProcessor): SpanProcessor {
  return {
    onStart: (span, context) => processor.onStart(span, context),
    onEnd: (span) => processor.onEnd(span),
    forceFlush: () => processor.forceFlush(),
    shutdown: () => processor.shutdown(),
  }
}

const sessionOf = (attributes: Attributes) => ({
  'session.id': attributes['session.id'],
  session_id: attributes.session_id,
  'gen_ai.conversation.id': attributes['gen_ai.conversation.id'],
})
const NONE = { 'session.id': undefined, session_id: undefined, 'gen_ai.conversation.id': undefined }
const GEN_AI = { 'session.id': SESSION, session_id: undefined, 'gen_ai.conversation.id': SESSION }
const NOT_GEN_AI = { 'session.id': SESSION, session_id: SESSION, 'gen_ai.conversation.id': undefined }

const noop: SpanProcessor = {
  onStart() {},
  onEnd() {},
  forceFlush: async () => {},
  shutdown: async () => {},
}

describe('LlmObsSessionSpanProcessor', () => {
  describe('constructor', () => {
    const invalid: [string, object, RegExp][] = [
      ['an unknown scope', { spans: 'agents' }, /spans/],
      ['a scope other than a string', { spans: 1 }, /spans/],
      ['a null scope', { spans: null }, /spans/],
      ['an unknown policy', { conversationId: 'sometimes' }, /conversationId/],
      ['a boolean policy', { conversationId: true }, /conversationId/],
      ['a validator other than a function', { isValidSessionId: /x/ }, /isValidSessionId/],
      ['a misspelt option', { span: 'all' }, /\bspan\b/],
      ['an option that Object.prototype has', { toString: 1 }, /toString/],
    ]
    for (const [what, config, message] of invalid) {
      it(`names the option for ${what}`, () => {
        assert.throws(() => new LlmObsSessionSpanProcessor(config as LlmObsSessionSpanProcessorConfig), {
          name: 'TypeError',
          message,
        })
      })
    }

    it('accepts undefined for every option', () => {
      const config = { spans: undefined, conversationId: undefined, isValidSessionId: undefined }
      assert.deepEqual(
        sessionOf(exported({ config: config as unknown as LlmObsSessionSpanProcessorConfig, start: AGENT })),
        GEN_AI,
      )
    })
  })

  const scopes: [LlmObsSessionSpanProcessorConfig['spans'], string, Attributes, object][] = [
    [undefined, 'a plain span', { 'http.request.method': 'GET' }, NONE],
    [undefined, 'an agent span', AGENT, GEN_AI],
    [undefined, 'a chat span', CHAT, GEN_AI],
    [undefined, 'a span of an unknown GenAI operation', { 'gen_ai.operation.name': 'agent_step' }, GEN_AI],
    [undefined, 'a span with a provider alone', { 'gen_ai.provider.name': 'openai' }, GEN_AI],
    [undefined, 'a span with a system alone', { 'gen_ai.system': 'openai' }, GEN_AI],
    [undefined, 'an OpenInference span', { 'openinference.span.kind': 'LLM' }, NOT_GEN_AI],
    [undefined, 'a Langfuse span', { 'langfuse.observation.type': 'generation' }, GEN_AI],
    [undefined, 'a Traceloop span', { 'traceloop.span.kind': 'workflow' }, GEN_AI],
    [
      undefined,
      'a span of two conventions',
      { 'openinference.span.kind': 'LLM', 'gen_ai.system': 'openai' },
      GEN_AI,
    ],
    [undefined, 'a span whose operation is a number', { 'gen_ai.operation.name': 42 }, NONE],
    [undefined, 'a span whose operation is empty', { 'gen_ai.operation.name': '' }, NONE],
    ['agent', 'an agent span', AGENT, GEN_AI],
    ['agent', 'a create_agent span', { 'gen_ai.operation.name': 'create_agent' }, GEN_AI],
    ['agent', 'an OpenInference agent', { 'openinference.span.kind': 'AGENT' }, NOT_GEN_AI],
    ['agent', 'a Langfuse agent', { 'langfuse.observation.type': 'agent' }, GEN_AI],
    ['agent', 'a Traceloop agent', { 'traceloop.span.kind': 'agent' }, GEN_AI],
    ['agent', 'a chat span', CHAT, NONE],
    [
      'agent',
      'a chat span that OpenInference calls an agent',
      { ...CHAT, 'openinference.span.kind': 'AGENT' },
      NONE,
    ],
    ['agent', 'a plain span', {}, NONE],
    ['all', 'a plain span', {}, { ...NONE, 'session.id': SESSION }],
    ['all', 'an agent span', AGENT, GEN_AI],
    [(span) => span.name === 'work', 'a plain span that it chooses', {}, { ...NONE, 'session.id': SESSION }],
    [(span) => span.name === 'work', 'an agent span that it chooses', AGENT, GEN_AI],
    [(span) => span.name === 'other', 'an agent span that it does not choose', AGENT, NONE],
    [
      (span) => span.attributes['gen_ai.operation.name'] === 'chat',
      'a span with the attribute that it looks for',
      CHAT,
      GEN_AI,
    ],
  ]
  for (const [spans, what, attributes, expected] of scopes) {
    const config = spans === undefined ? {} : { spans }
    const scope = typeof spans === 'function' ? 'a function' : `'${spans ?? 'llmobs'}'`

    describe(`spans: ${scope}, ${what}`, () => {
      it('writes the expected attributes if the convention is set at the start', () => {
        assert.deepEqual(sessionOf(exported({ config, start: attributes })), expected)
      })
      it('writes the same attributes if the convention is set later', () => {
        assert.deepEqual(sessionOf(exported({ config, later: attributes })), expected)
      })
      it('writes the same attributes if the convention is set later and the SDK has no onEnding', () => {
        assert.deepEqual(sessionOf(exported({ config, later: attributes, wrap: withoutOnEnding })), expected)
      })
    })
  }

  describe('onStart', () => {
    it('writes the session before a later processor sees the span', () => {
      let seen: Attributes = {}
      const provider = new BasicTracerProvider({
        spanProcessors: [
          new LlmObsSessionSpanProcessor(),
          {
            ...noop,
            onStart(span) {
              seen = { ...span.attributes }
            },
          },
        ],
      })
      provider.getTracer('test').startSpan('work', { attributes: AGENT }, contextWith(SESSION))
      assert.deepEqual(sessionOf(seen), GEN_AI)
    })

    it('reads the parent context instead of the active one', () => {
      assert.deepEqual(sessionOf(exported({ context: ROOT_CONTEXT, start: AGENT })), NONE)
    })
  })

  describe('attributes of the application', () => {
    for (const when of ['start', 'later'] as const) {
      for (const key of ['session.id', 'session_id', 'gen_ai.conversation.id']) {
        it(`keeps a ${key} of the application, set ${when === 'start' ? 'at the start' : 'later'}`, () => {
          const attributes = exported({ start: AGENT, [when]: { ...AGENT, [key]: 'own' } })
          // LLM Observability then takes the application's id for the session, and the tag names the RUM session.
          const tag = key === 'gen_ai.conversation.id' ? { session_id: SESSION } : {}
          assert.deepEqual(sessionOf(attributes), { ...GEN_AI, ...tag, [key]: 'own' })
        })
      }
    }

    it("keeps a session.id of the application with spans: 'all'", () => {
      assert.equal(
        exported({ config: { spans: 'all' }, start: { 'session.id': 'own' } })['session.id'],
        'own',
      )
    })

    it('keeps a session_id that is a number', () => {
      assert.equal(exported({ start: { ...AGENT, session_id: 7 } }).session_id, 7)
    })

    it('writes no gen_ai.conversation.id beside the session.id of an OpenInference span', () => {
      const start = { ...CHAT, 'openinference.span.kind': 'LLM', 'session.id': 'own' }
      assert.deepEqual(sessionOf(exported({ start })), {
        'session.id': 'own',
        session_id: SESSION,
        'gen_ai.conversation.id': undefined,
      })
    })
  })

  describe('conversationId', () => {
    it("'always' overwrites an id set at start", () => {
      const config = { conversationId: 'always' } as const
      const start = { ...AGENT, 'gen_ai.conversation.id': 'own' }
      assert.deepEqual(sessionOf(exported({ config, start })), GEN_AI)
    })
    it("'always' overwrites an id set later, without onEnding too", () => {
      const lifecycle = {
        config: { conversationId: 'always' },
        start: AGENT,
        later: { 'gen_ai.conversation.id': 'own' },
      } as const
      assert.deepEqual(sessionOf(exported(lifecycle)), GEN_AI)
      assert.deepEqual(sessionOf(exported({ ...lifecycle, wrap: withoutOnEnding })), GEN_AI)
    })
    it("'always' writes no id to a span outside the GenAI convention", () => {
      const config = { conversationId: 'always' } as const
      assert.deepEqual(
        sessionOf(exported({ config, start: { 'openinference.span.kind': 'LLM' } })),
        NOT_GEN_AI,
      )
    })
    it("'always' keeps the application's id without a session", () => {
      const config = { conversationId: 'always' } as const
      const start = { ...AGENT, 'gen_ai.conversation.id': 'own' }
      assert.equal(exported({ config, start, context: ROOT_CONTEXT })['gen_ai.conversation.id'], 'own')
    })
    it('writes the id beside the session.id of a Langfuse span, which LLM Observability does not read', () => {
      const later = { 'langfuse.observation.type': 'agent', 'session.id': 'own' }
      assert.deepEqual(sessionOf(exported({ later })), { ...GEN_AI, 'session.id': 'own' })
    })
    it('writes no id beside langfuse.session.id, which LLM Observability reads', () => {
      const later = { 'langfuse.observation.type': 'agent', 'langfuse.session.id': 'own' }
      assert.deepEqual(sessionOf(exported({ later })), NOT_GEN_AI)
    })
    it('keeps the id that was written at the start if langfuse.session.id is set later', () => {
      assert.deepEqual(sessionOf(exported({ start: AGENT, later: { 'langfuse.session.id': 'own' } })), GEN_AI)
    })
    it("'never' writes no id", () => {
      assert.deepEqual(sessionOf(exported({ config: { conversationId: 'never' }, start: AGENT })), NOT_GEN_AI)
    })
  })

  describe('baggage', () => {
    const hostile: [string, string][] = [
      ['an empty value', ''],
      ['a comma', `${SESSION},x`],
      ['a line break', `${SESSION}\r\nx: y`],
      ['a trailing line break', `${SESSION}\n`],
      ['a control character', `a\u0000b`],
      ['a character outside ASCII', 'sessión'],
      ['a lone surrogate', 'a\ud800'],
      ['a space', 'a b'],
      ['a percent sign', 'a%20b'],
      ['129 characters', 'a'.repeat(129)],
      ['10 kB', 'a'.repeat(10_240)],
    ]
    for (const [what, value] of hostile) {
      it(`refuses a session with ${what}`, () => {
        assert.deepEqual(sessionOf(exported({ context: contextWith(value), start: AGENT })), NONE)
      })
    }

    it('accepts a session of 128 characters', () => {
      const value = 'a'.repeat(128)
      assert.equal(exported({ context: contextWith(value), start: AGENT })['session.id'], value)
    })

    it('ignores entries with similar keys', () => {
      const entries = JSON.parse(
        '{"__proto__":{"value":"p"},"constructor":{"value":"c"},"Session.Id":{"value":"x"}}',
      )
      const context = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage(entries))
      assert.deepEqual(sessionOf(exported({ context, start: AGENT })), NONE)
    })
  })

  describe('isValidSessionId', () => {
    const odd = contextWith('tenant:42')

    it('replaces the default rule', () => {
      const config = { isValidSessionId: (value: string) => value.startsWith('tenant:') }
      assert.equal(exported({ config, context: odd, start: AGENT })['session.id'], 'tenant:42')
      assert.equal(exported({ config, start: AGENT })['session.id'], undefined)
    })
    it('refuses the session if it throws', () => {
      const config = {
        isValidSessionId: () => {
          throw new Error('broken')
        },
      }
      assert.deepEqual(sessionOf(exported({ config, start: AGENT })), NONE)
    })
    it('refuses the session if it returns anything but true', () => {
      for (const answer of [1, 'yes', Promise.resolve(true), undefined]) {
        const config = { isValidSessionId: () => answer as unknown as boolean }
        assert.deepEqual(sessionOf(exported({ config, start: AGENT })), NONE)
      }
    })
  })

  describe('when something throws', () => {
    const boom = () => {
      throw new Error(`secret ${SESSION}`)
    }
    let logged: string[]

    beforeEach(() => {
      logged = collectDiag()
    })
    afterEach(() => diag.disable())

    it('writes no session if the spans function throws, and warns once', () => {
      const config = { spans: boom }
      const processor = new LlmObsSessionSpanProcessor(config)
      const provider = new BasicTracerProvider({ spanProcessors: [processor] })
      for (let i = 0; i < 3; i++) provider.getTracer('test').startSpan('work', {}, contextWith(SESSION)).end()
      assert.equal(logged.length, 1)
      assert.match(logged.join(), /@rum-llmobs\/node-span-processor/)
      assert.doesNotMatch(logged.join(), /f2a1c3d4|secret/)
    })

    it('writes no session if the spans function returns a promise', () => {
      const config = { spans: (() => Promise.resolve(true)) as unknown as () => boolean }
      assert.deepEqual(sessionOf(exported({ config, start: AGENT })), NONE)
    })

    const spans: [string, () => object][] = [
      ['a throwing setAttribute', () => ({ ...fakeSpan(), setAttribute: boom })],
      ['a throwing isRecording', () => ({ ...fakeSpan(), isRecording: boom })],
      [
        'a throwing getter of attributes',
        () => Object.defineProperty(fakeSpan(), 'attributes', { get: boom }),
      ],
      [
        'a throwing getter of an attribute',
        () => ({
          ...fakeSpan(),
          attributes: {
            get 'gen_ai.operation.name'() {
              return boom()
            },
          },
        }),
      ],
      ['a frozen span', () => Object.freeze({ ...fakeSpan(), attributes: {} })],
      ['a span with frozen attributes', () => ({ ...fakeSpan(), attributes: Object.freeze({ ...AGENT }) })],
      ['a span without attributes', () => ({ ...fakeSpan(), attributes: undefined })],
    ]
    for (const [what, makeSpan] of spans) {
      it(`does not throw for ${what}`, () => {
        for (const scope of ['llmobs', 'agent', 'all', () => true] as const) {
          const processor = new LlmObsSessionSpanProcessor({ spans: scope, conversationId: 'always' })
          const span = makeSpan() as Span
          processor.onStart(span, contextWith(SESSION))
          processor.onEnding(span)
          processor.onEnd(span)
        }
        assert.doesNotMatch(logged.join(), /f2a1c3d4/)
      })
    }

    const contexts: [string, unknown][] = [
      ['a throwing getValue', { getValue: boom }],
      ['no context', undefined],
      ['a baggage that throws', { getValue: () => ({ getEntry: boom }) }],
      ['a baggage that is a string', { getValue: () => 'session.id=x' }],
      [
        'an entry whose value is an object',
        { getValue: () => ({ getEntry: () => ({ value: { toString: boom } }) }) },
      ],
    ]
    for (const [what, context] of contexts) {
      it(`does not throw for ${what}`, () => {
        const span = fakeSpan()
        const processor = new LlmObsSessionSpanProcessor({ spans: 'all' })
        processor.onStart(span as unknown as Span, context as Context)
        processor.onEnding(span as unknown as Span)
        assert.deepEqual(sessionOf(span.attributes), NONE)
      })
    }
  })

  describe('onEnding', () => {
    it('writes the session above the attribute limit, which flattened messages reach', () => {
      const later = { 'openinference.span.kind': 'LLM', 'llm.input_messages.0.message.role': 'user' }
      const processors = [new LlmObsSessionSpanProcessor()]
      assert.deepEqual(
        sessionOf(exportedAttributes({ processors, later, attributeCountLimit: 2 })),
        NOT_GEN_AI,
      )
    })
  })

  describe('onEnd', () => {
    const revealing: SpanProcessor = { ...noop, onEnding: (span) => void span.setAttributes(AGENT) }

    for (const spans of [
      'llmobs',
      'agent',
      'all',
      (span) => 'gen_ai.operation.name' in span.attributes,
    ] satisfies LlmObsSessionSpanProcessorConfig['spans'][]) {
      it(`writes the session after a later processor changed the span in onEnding, with spans: ${typeof spans === 'function' ? 'a function' : spans}`, () => {
        const processors = [new LlmObsSessionSpanProcessor({ spans }), revealing]
        assert.deepEqual(sessionOf(exportedAttributes({ processors })), GEN_AI)
      })
    }
  })

  it('does not warn of a span that another processor ended in onStart', () => {
    const warnings = collectDiag(DiagLogLevel.WARN)
    const provider = new BasicTracerProvider({
      spanProcessors: [{ ...noop, onStart: (span) => span.end() }, new LlmObsSessionSpanProcessor()],
    })
    provider.getTracer('test').startSpan('work', { attributes: AGENT }, contextWith(SESSION))
    diag.disable()
    assert.deepEqual(warnings, [])
  })

  describe('warning of an LLM Observability span without a session', () => {
    const requests = RequestSession.ofProcess()
    const { hasSeenOne } = requests
    let warnings: string[]

    beforeEach(() => {
      requests.hasSeenOne = false
      warnings = collectDiag(DiagLogLevel.WARN)
    })
    afterEach(() => {
      diag.disable()
      requests.hasSeenOne = hasSeenOne
    })

    function end(
      attributes: Attributes,
      context = ROOT_CONTEXT,
      processor = new LlmObsSessionSpanProcessor(),
    ) {
      const provider = new BasicTracerProvider({ spanProcessors: [processor] })
      provider.getTracer('test').startSpan('work', { attributes }, context).end()
      return processor
    }

    it('is reported once if no request has brought a session', () => {
      const processor = end(AGENT)
      end(AGENT, ROOT_CONTEXT, processor)
      end(AGENT)
      assert.equal(warnings.length, 1)
      assert.match(warnings[0] ?? '', /without a session.*baggage/)
    })

    it('is not reported after a request or span with a session, nor for a plain span', () => {
      end({ 'http.request.method': 'GET' })
      end(AGENT, ROOT_CONTEXT, end(AGENT, contextWith(SESSION)))
      requests.hasSeenOne = true
      end(AGENT)
      assert.deepEqual(warnings, [])
    })
  })

  it('gives interleaved spans the session of their context', () => {
    const exporter = new InMemorySpanExporter()
    const provider = new BasicTracerProvider({
      spanProcessors: [new LlmObsSessionSpanProcessor(), new SimpleSpanProcessor(exporter)],
    })
    const sessions = ['a', 'b', 'c']
    const contexts = sessions.map(contextWith)
    const spans = [...contexts, ...contexts].map((context) =>
      provider.getTracer('test').startSpan('work', {}, context),
    )
    for (const span of spans) span.setAttributes(AGENT).end()
    assert.deepEqual(
      exporter.getFinishedSpans().map((span) => span.attributes['session.id']),
      [...sessions, ...sessions],
    )
  })

  it('resolves forceFlush and shutdown, and accepts spans after shutdown', async () => {
    const processor = new LlmObsSessionSpanProcessor()
    await processor.forceFlush()
    await processor.shutdown()
    await processor.shutdown()
    processor.onStart(fakeSpan() as unknown as Span, contextWith(SESSION))
  })
})

function fakeSpan(): { attributes: Attributes; isRecording(): boolean; setAttribute(): void } {
  return { attributes: {}, isRecording: () => true, setAttribute() {} }
}

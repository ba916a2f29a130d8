import assert from 'node:assert/strict'
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { diag } from '@opentelemetry/api'
import { startBridge, writeSessionAttributes } from '../../src/dd-trace/bridge.js'
import { realms } from '../../src/dd-trace/internals.js'
import { TraceSession } from '../../src/dd-trace/trace-session.js'
import { RequestSession } from '../../src/request-session.js'
import { isSessionId } from '../../src/session-from-baggage.js'
import { collectDiag } from '../diag-messages.js'
import { fakeDdTrace, startRequest, startSpan } from './fake-dd-trace.js'

const SESSION_TAG = '_dd.p.llmobs_sid'
const apart = <Result>(run: () => Result) => new AsyncResource('test').runInAsyncScope(run)
const flushed = (trace: { started: unknown[] }) => trace.started.splice(0)

const bridge = () => startBridge(new TraceSession(isSessionId, new RequestSession()), () => true)

describe('startBridge', () => {
  before(() => realms.add(globalThis))
  const undo: (() => void)[] = []
  let messages: string[]

  function start(options?: { enabled: boolean }) {
    const ddTrace = fakeDdTrace(options)
    undo.push(ddTrace.install(), bridge())
    return ddTrace
  }

  beforeEach(() => {
    messages = collectDiag()
  })
  afterEach(() => {
    for (const each of undo.splice(0).reverse()) each()
    diag.disable()
  })

  describe('without spans that need a session', () => {
    const { enterWith } = AsyncLocalStorage.prototype
    let entered: unknown[]
    beforeEach(() => {
      entered = []
      // Span processors of other tests follow requests too, in another storage.
      const others = new Set<unknown>()
      let isLearning = true
      AsyncLocalStorage.prototype.enterWith = function (store) {
        if (isLearning) others.add(this)
        else if (!others.has(this)) entered.push((store as { sessionId: string } | null)?.sessionId)
        enterWith.call(this, store)
      }
      apart(() => startRequest('session.id=a'))
      isLearning = false
      undo.push(() => {
        AsyncLocalStorage.prototype.enterWith = enterWith
      })
    })

    it('does not use AsyncLocalStorage without dd-trace', () => {
      undo.push(bridge())
      apart(() => startRequest('session.id=a', 'POST'))
      assert.deepEqual(entered, [])
    })

    it('does not use AsyncLocalStorage until LLM Observability is on', () => {
      const { llmobs } = start({ enabled: false })
      apart(() => startRequest('session.id=a'))
      startSpan()
      assert.deepEqual(entered, [])
      assert.ok(!channel('dd-trace:span:inject').hasSubscribers)
      llmobs.enabled = true
      apart(() => startRequest('session.id=a'))
      assert.deepEqual(entered, ['a'])
    })

    it('forgets the session of a connection after LLM Observability is turned off', () => {
      const { llmobs } = start()
      apart(() => {
        startRequest('session.id=a')
        llmobs.enabled = false
        startRequest()
      })
      assert.deepEqual(entered, ['a', undefined])
    })

    it('enters AsyncLocalStorage once for several requests without a session on a connection', () => {
      start()
      apart(() => {
        for (const baggage of ['session.id=a', undefined, '']) startRequest(baggage)
      })
      assert.deepEqual(entered, ['a', undefined])
    })
  })

  describe('detection of the first span of a trace', () => {
    it('excludes a span with a local parent, even if all earlier spans were sent', () => {
      const { sessionOf } = start()
      const { trace } = startSpan()
      for (const session of ['a', 'b', undefined]) {
        flushed(trace)
        apart(() => {
          startRequest(session && `session.id=${session}`)
          const { span } = startSpan({ trace, parent: { _isRemote: false }, parentId: '1' })
          assert.equal(trace.tags[SESSION_TAG], undefined)
          assert.equal(sessionOf(span), session)
        })
      }
    })

    it('excludes a span of the OpenTelemetry API in a known trace', () => {
      start()
      const { trace } = startSpan()
      flushed(trace)
      apart(() => {
        startRequest('session.id=a')
        startSpan({ trace, parentId: '1', integration: 'otel' })
        assert.equal(trace.tags[SESSION_TAG], undefined)
      })
    })

    it('excludes a span of the OpenTelemetry API with a parent that may be local', () => {
      const { sessionOf } = start()
      apart(() => {
        startRequest('session.id=a')
        const { span, trace } = startSpan({ parentId: '1', integration: 'otel' })
        assert.equal(trace.tags[SESSION_TAG], undefined)
        assert.equal(sessionOf(span), 'a')
      })
    })

    it('includes spans with a remote parent and without a parent', () => {
      start()
      apart(() => {
        startRequest('session.id=a')
        for (const options of [{ parent: { _isRemote: true }, parentId: '1' }, {}]) {
          assert.equal(startSpan(options).trace.tags[SESSION_TAG], 'a')
        }
      })
    })
  })

  it('gives no session to a trace of a request without a session, also in a later request', () => {
    const { sessionOf } = start()
    const { span } = apart(() => {
      startRequest()
      return startSpan()
    })
    apart(() => {
      startRequest('session.id=b')
      assert.equal(sessionOf(span), undefined)
    })
  })

  it('gives the spans a session that would make the trace tags too long, and does not tag the trace', () => {
    const { sessionOf } = start()
    apart(() => {
      startRequest('session.id=a')
      const { span, trace } = startSpan({ trace: { started: [], tags: { '_dd.p.x': 'y'.repeat(350) } } })
      assert.deepEqual(Object.keys(trace.tags), ['_dd.p.x'])
      assert.equal(sessionOf(span), 'a')
    })
  })

  it('adds no other tag to a trace that dd-trace would send', () => {
    start()
    apart(() => {
      startRequest('session.id=a')
      assert.deepEqual(Object.entries(startSpan().trace.tags), [[SESSION_TAG, 'a']])
    })
  })

  describe('session from an upstream service', () => {
    const isKept = (sessionId: string) => {
      const fields = new Map<string, unknown>([['t.llmobs_sid', sessionId]])
      const tags: Record<string, string> = { '_dd.p.llmobs_sid': sessionId, '_dd.p.dm': '-1' }
      const _tracestate = {
        get: () => `s:1;t.llmobs_sid:${sessionId}`,
        forVendor: (_vendor: string, change: (state: object) => void) => change(fields),
      }
      channel('dd-trace:span:extract').publish({
        spanContext: { _trace: { tags }, _tracestate },
        carrier: {},
      })
      assert.equal(tags['_dd.p.dm'], '-1')
      assert.equal(fields.size === 1, '_dd.p.llmobs_sid' in tags)
      return fields.size === 1
    }

    it('is removed from tags and tracestate if it is invalid', () => {
      start()
      assert.ok(isKept('up-1'))
      for (const sessionId of ['<script>alert(1)</script>', 'x'.repeat(400), 'u.1:42', '']) {
        assert.ok(!isKept(sessionId), sessionId)
      }
    })

    it('is kept while LLM Observability is off', () => {
      start({ enabled: false })
      assert.ok(isKept('<script>'))
    })
  })

  it('subscribes to the end of spans after the first span of the OpenTelemetry API', () => {
    start()
    startSpan()
    assert.ok(!channel('dd-trace:span:finish').hasSubscribers)
    startSpan({ integration: 'otel.library' })
    assert.ok(channel('dd-trace:span:finish').hasSubscribers)
  })

  it('warns once of a dd-trace without the known LLMObs or inject', () => {
    for (const [broken, message] of [
      [{ llmobs: { enabled: true, _tagger: { registerLLMObsSpan() {} } } }, /some spans get no session/],
      [{ _tracer: undefined }, /sends the session to every host/],
    ] as const) {
      messages.length = 0
      Object.assign(start().tracer, broken)
      startSpan()
      startSpan()
      assert.equal(messages.length, 1, messages.join('\n'))
      assert.match(messages[0] ?? '', message)
    }
  })

  it('warns once of a dd-trace whose spans have no trace tags', () => {
    start()
    for (let spans = 0; spans < 2; spans++) {
      const span = { _integrationName: 'http', context: () => ({}) }
      channel('dd-trace:span:start').publish({ span, fields: {} })
    }
    assert.equal(messages.length, 1, messages.join('\n'))
    assert.match(messages[0] ?? '', /version of dd-trace is not known: spans get no session/)
  })

  it('stops after three failures in a row, warns once, and unsubscribes', () => {
    start()
    let asked = 0
    const span = {
      _integrationName: 'http',
      context() {
        asked += 1
        throw new Error('unknown')
      },
    }
    for (let spans = 0; spans < 10; spans++) channel('dd-trace:span:start').publish({ span, fields: {} })
    assert.equal(asked, 3)
    assert.equal(messages.length, 1, messages.join('\n'))
    for (const name of ['apm:http2:server:request:start', 'dd-trace:span:extract', 'dd-trace:span:start'])
      assert.ok(!channel(name).hasSubscribers, name)
  })

  it('continues after invalid messages between valid ones', () => {
    start()
    for (let spans = 0; spans < 10; spans++) {
      channel('dd-trace:span:start').publish(undefined)
      startSpan()
    }
    assert.ok(channel('dd-trace:span:start').hasSubscribers)
    assert.deepEqual(messages, [])
  })
})

describe('writeSessionAttributes', () => {
  const isWord = (value: string) => /^\w+$/.test(value)

  function stamped(
    session: string,
    tags: Record<string, string> = { 'gen_ai.operation.name': 'invoke_agent' },
    isValid = isWord,
  ) {
    const span = {
      setTag: (key: string, value: unknown) => {
        tags[key] = String(value)
      },
      context: () => ({ _trace: { tags: { '_dd.p.llmobs_sid': session } }, getTags: () => tags }),
    }
    writeSessionAttributes(span, new TraceSession(isValid))
    return tags
  }

  it('writes the session of the trace', () => {
    assert.equal(stamped('abc')['gen_ai.conversation.id'], 'abc')
  })

  it('ignores an invalid session in a trace tag', () => {
    assert.deepEqual(stamped('<script> not valid'), { 'gen_ai.operation.name': 'invoke_agent' })
  })

  it('looks up the session of LLM Observability spans only', () => {
    stamped('abc', { 'http.method': 'GET' }, () => assert.fail('asked'))
  })
})

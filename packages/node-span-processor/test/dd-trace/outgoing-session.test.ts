import assert from 'node:assert/strict'
import {
  guardInjection,
  hasRoomFor,
  replaceSession,
  sendSession,
} from '../../src/dd-trace/outgoing-session.js'
import { hostRule } from '../../src/first-party-hosts.js'

const TID = '_dd.p.tid=0af7651916cd43dd'

describe('replaceSession', () => {
  it('replaces the session in x-datadog-tags and keeps the other tags', () => {
    const carrier = { 'x-datadog-tags': `_dd.p.dm=-1,_dd.p.llmobs_sid=old,${TID}` }
    replaceSession(carrier, 'new')
    assert.equal(carrier['x-datadog-tags'], `_dd.p.dm=-1,${TID},_dd.p.llmobs_sid=new`)
  })

  it('adds the session to tags without a session', () => {
    const carrier = { 'x-datadog-tags': TID }
    replaceSession(carrier, 'new')
    assert.equal(carrier['x-datadog-tags'], `${TID},_dd.p.llmobs_sid=new`)
  })

  it('keeps tags that the session would make too long for the next service', () => {
    const tags = `${TID},_dd.p.ml_app=${'x'.repeat(450)}`
    const carrier = { 'x-datadog-tags': tags }
    replaceSession(carrier, 'x'.repeat(40))
    assert.equal(carrier['x-datadog-tags'], tags)
  })

  it('removes the old session if the new one would make the tags too long', () => {
    const carrier = { 'x-datadog-tags': `${TID},_dd.p.llmobs_sid=old,_dd.p.x=${'y'.repeat(400)}` }
    replaceSession(carrier, 'x'.repeat(80))
    assert.equal(carrier['x-datadog-tags'], `${TID},_dd.p.x=${'y'.repeat(400)}`)
  })

  it('removes the session from tags and tracestate', () => {
    const carrier = {
      'x-datadog-tags': `${TID},_dd.p.llmobs_sid=old`,
      tracestate: 'a=b, dd=s:1;t.llmobs_sid:old;t.dm:-1',
    }
    replaceSession(carrier, undefined)
    assert.deepEqual(carrier, { 'x-datadog-tags': TID, tracestate: 'a=b, dd=s:1;t.dm:-1' })
  })

  it('removes each session of tags and tracestate, with blanks before it too', () => {
    const carrier = {
      'x-datadog-tags': `${TID}, _dd.p.llmobs_sid=a,_dd.p.llmobs_sid=b`,
      tracestate: 'dd=s:1;t.llmobs_sid:a; t.llmobs_sid:b;t.dm:-1',
    }
    replaceSession(carrier, undefined)
    assert.deepEqual(carrier, { 'x-datadog-tags': TID, tracestate: 'dd=s:1;t.dm:-1' })
  })

  it("replaces the session in Datadog's member of tracestate only", () => {
    const carrier = { tracestate: 'other=t.llmobs_sid:x,dd=s:1;t.llmobs_sid:old;t.dm:-1,last=t.llmobs_sid:y' }
    replaceSession(carrier, 'new')
    assert.equal(
      carrier.tracestate,
      'other=t.llmobs_sid:x,dd=s:1;t.llmobs_sid:new;t.dm:-1,last=t.llmobs_sid:y',
    )
  })

  it('inserts dollar signs literally', () => {
    const carrier = { 'x-datadog-tags': `${TID},_dd.p.llmobs_sid=old`, tracestate: 'dd=t.llmobs_sid:old' }
    replaceSession(carrier, "$&$1$'")
    assert.equal(carrier['x-datadog-tags'], `${TID},_dd.p.llmobs_sid=$&$1$'`)
    assert.equal(carrier.tracestate, "dd=t.llmobs_sid:$&$1$'")
  })

  it('writes no empty member', () => {
    const carrier = { 'x-datadog-tags': '_dd.p.llmobs_sid=old' }
    replaceSession(carrier, 'new')
    assert.equal(carrier['x-datadog-tags'], '_dd.p.llmobs_sid=new')
  })

  it('adds no header to a carrier without trace headers', () => {
    const carrier = {}
    replaceSession(carrier, 'new')
    assert.deepEqual(carrier, {})
  })
})

describe('guardInjection', () => {
  const SENT = {
    'x-datadog-tags': `${TID},_dd.p.llmobs_sid=s-1`,
    tracestate: 'dd=s:1;t.llmobs_sid:s-1;t.dm:-1,other=1',
    baggage: 'tier=gold,session.id=s-1,user.id=u%40example.com,account.id=42',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  }
  const WITHHELD = {
    ...SENT,
    'x-datadog-tags': TID,
    tracestate: 'dd=s:1;t.dm:-1,other=1',
    baggage: 'tier=gold',
  }

  class Tracer {
    inject(_span: unknown, _format: string, carrier: object = {}) {
      return Object.assign(carrier, SENT)
    }
  }
  const isFirstParty = hostRule(['api.example.com'])

  /** Returns the carrier of a span with these tags. Without a carrier, dd-trace 5.132 creates and returns one. */
  function sent(tags: object, format = 'http_headers', carrier?: object) {
    class ThisTracer extends Tracer {}
    const _tracer = new ThisTracer()
    const restore = guardInjection({ _tracer }, isFirstParty)
    const injected = _tracer.inject({ context: () => ({ _tags: tags }) }, format, carrier)
    restore?.()
    return injected
  }
  const client = (host: string, url = `http://${host}/v1`) => ({
    'span.kind': 'client',
    'out.host': host,
    'http.url': url,
  })

  it('keeps the session for first-party hosts and queues', () => {
    for (const tags of [
      client('127.0.0.1'),
      client('orders', 'http://orders:8080/v1'),
      client('api.example.com'),
      client('::1', 'http://::1:8080/'),
      client('[::1]'),
      { 'span.kind': 'client', 'url.full': 'http://localhost:1234/', 'server.address': 'localhost' },
      { 'span.kind': 'producer', 'out.host': 'kafka.example.net' },
    ]) {
      assert.deepEqual(sent(tags), SENT, JSON.stringify(tags))
    }
  })

  it('removes session, user and account for third-party and unknown hosts', () => {
    for (const tags of [
      client('api.openai.com'),
      client('localhost', 'http://api.openai.com/v1'),
      client('proxy', 'http://proxyhttp://api.openai.com/v1'),
      client('proxy', 'http://proxy:3128http://api.openai.com/v1'),
      client('127.0.0.1.evil.example'),
      client('2001:db8::1', 'http://2001:db8::1:80/'),
      { 'span.kind': 'server', 'http.url': 'http://localhost/' },
      { 'span.kind': 'client' },
      {},
    ]) {
      assert.deepEqual(sent(tags), WITHHELD, JSON.stringify(tags))
      assert.deepEqual(sent(tags, 'text_map'), WITHHELD, JSON.stringify(tags))
    }
  })

  it('requires a first-party Host header', () => {
    const own = { Host: 'api.example.com' }
    assert.deepEqual(sent(client('127.0.0.1'), 'http_headers', own), { ...own, ...SENT })
    for (const thirdParty of [{ Host: 'api.openai.com' }, { ':authority': 'api.openai.com' }]) {
      assert.deepEqual(sent(client('127.0.0.1'), 'http_headers', thirdParty), { ...thirdParty, ...WITHHELD })
    }
  })

  it('deletes empty headers, and removes the user if only the trace headers have a session', () => {
    const _tracer = {
      inject: (_span: unknown, _format: string, carrier: object) =>
        Object.assign(carrier, { baggage: 'user.id=u', 'x-datadog-tags': '_dd.p.llmobs_sid=s-1' }),
    }
    guardInjection({ _tracer }, isFirstParty)
    const carrier = {}
    _tracer.inject(undefined, 'http_headers', carrier)
    assert.deepEqual(carrier, {})
  })

  it('keeps the session in formats that stay in the process', () => {
    assert.deepEqual(sent(client('api.openai.com'), 'log'), SENT)
  })

  it('does not throw for an unknown kind of span or carrier', () => {
    for (const span of [null, undefined, 7, 'span', Object.create(null)]) {
      for (const carrier of [Object.freeze({ ...SENT }), undefined, null, 7]) {
        const _tracer = { inject: (..._args: unknown[]) => carrier }
        guardInjection({ _tracer }, isFirstParty)
        assert.equal(_tracer.inject(span, 'http_headers'), carrier)
      }
    }
  })

  it('restores the original, and passes calls through under a later wrapper', () => {
    const { inject } = Tracer.prototype
    const restore = guardInjection({ _tracer: new Tracer() }, isFirstParty)
    assert.notEqual(Tracer.prototype.inject, inject)
    const wrapped = Tracer.prototype.inject
    const later: typeof inject = (...args) => wrapped.apply(new Tracer(), args)
    Tracer.prototype.inject = later
    restore?.()
    assert.equal(Tracer.prototype.inject, later)
    const tags = client('api.openai.com')
    assert.deepEqual(new Tracer().inject({ context: () => ({ _tags: tags }) }, 'http_headers'), SENT)
    Tracer.prototype.inject = inject
  })

  it('returns undefined without the method', () => {
    for (const tracer of [{}, { _tracer: {} }]) assert.equal(guardInjection(tracer, isFirstParty), undefined)
  })
})

describe('sendSession', () => {
  /** A tracer in which an LLMObs span with this session is active. */
  function tracerWith(sessionId: string) {
    const span = {}
    const tagMap = new WeakMap([[span, { '_ml_obs.session_id': sessionId }]])
    return { llmobs: { _tagger: Object.create({ constructor: { tagMap } }), _active: () => span } }
  }

  it('sends the session of the active LLMObs span', () => {
    const carrier = { 'x-datadog-tags': `${TID},_dd.p.llmobs_sid=rum` }
    sendSession({ carrier }, tracerWith('app-1'))
    assert.equal(carrier['x-datadog-tags'], `${TID},_dd.p.llmobs_sid=app-1`)
  })

  it('removes the session if that of the active span cannot be sent', () => {
    for (const sessionId of ['dXNlci00Mg==', 'user 42', 'ä', 'x'.repeat(129)]) {
      const carrier = {
        'x-datadog-tags': `${TID},_dd.p.llmobs_sid=rum`,
        tracestate: 'dd=s:1;t.llmobs_sid:rum',
      }
      sendSession({ carrier }, tracerWith(sessionId))
      assert.deepEqual(carrier, { 'x-datadog-tags': TID, tracestate: 'dd=s:1' }, sessionId)
    }
  })

  it('drops a session that makes the tags too long', () => {
    const tags = { '_dd.p.tid': '0af7651916cd43dd', '_dd.p.x': 'y'.repeat(400) }
    const rest = ['_dd.p.llmobs_ml_app', 'app']
    for (const [sessionId, sent] of [
      ['x'.repeat(35), 'x'.repeat(35)],
      ['x'.repeat(36), undefined],
    ] as const) {
      const injection = {
        spanContext: { _trace: { tags } },
        traceTagReplacements: ['_dd.p.llmobs_sid', sessionId, ...rest],
      }
      sendSession(injection, undefined)
      assert.deepEqual(injection.traceTagReplacements, ['_dd.p.llmobs_sid', sent, ...rest])
    }
  })

  it('keeps the session if dd-trace omits optional tags', () => {
    const replacements = ['_dd.p.llmobs_sid', 'a'.repeat(36), '_dd.p.llmobs_agent', 'y'.repeat(450)]
    const injection = {
      spanContext: { _trace: { tags: { '_dd.p.tid': '0af7651916cd43dd' } } },
      traceTagReplacements: [...replacements],
      optionalTraceTagCount: 1,
    }
    sendSession(injection, undefined)
    assert.deepEqual(injection.traceTagReplacements, replacements)
  })

  it('drops the session of the trace if it makes the tags too long', () => {
    const tags = { '_dd.p.llmobs_sid': 'a', '_dd.p.x': 'y'.repeat(490) }
    const injection: { spanContext: object; traceTagReplacements?: unknown[] } = {
      spanContext: { _trace: { tags } },
    }
    sendSession(injection, undefined)
    assert.deepEqual(injection.traceTagReplacements, ['_dd.p.llmobs_sid', undefined])
  })
})

describe('hasRoomFor', () => {
  it('reserves 200 of 512 characters for LLMObs, and counts only forwarded tags', () => {
    const sent = '_dd.p.llmobs_sid=abc,_dd.p.x='
    for (const [length, expected] of [
      [312 - sent.length, true],
      [313 - sent.length, false],
    ] as const) {
      assert.equal(hasRoomFor('abc', { '_dd.p.x': 'y'.repeat(length), 'baggage.x': 'not sent' }), expected)
    }
  })
})

import assert from 'node:assert/strict'
import { hasRoomFor, replaceSession, sendSession } from '../../src/dd-trace/outgoing-session.js'

const TID = '_dd.p.tid=0af7651916cd43dd'

describe('replaceSession', () => {
  it('replaces the session in x-datadog-tags and leaves the other tags', () => {
    const carrier = { 'x-datadog-tags': `_dd.p.dm=-1,_dd.p.llmobs_sid=old,${TID}` }
    replaceSession(carrier, 'new')
    assert.equal(carrier['x-datadog-tags'], `_dd.p.dm=-1,${TID},_dd.p.llmobs_sid=new`)
  })

  it('adds the session to tags that have none', () => {
    const carrier = { 'x-datadog-tags': TID }
    replaceSession(carrier, 'new')
    assert.equal(carrier['x-datadog-tags'], `${TID},_dd.p.llmobs_sid=new`)
  })

  it('leaves tags that would become too long for the next service', () => {
    const tags = `${TID},_dd.p.ml_app=${'x'.repeat(450)}`
    const carrier = { 'x-datadog-tags': tags }
    replaceSession(carrier, 'x'.repeat(40))
    assert.equal(carrier['x-datadog-tags'], tags)
  })

  it('takes away a session that another would make too long', () => {
    const carrier = { 'x-datadog-tags': `${TID},_dd.p.llmobs_sid=old,_dd.p.x=${'y'.repeat(400)}` }
    replaceSession(carrier, 'x'.repeat(80))
    assert.equal(carrier['x-datadog-tags'], `${TID},_dd.p.x=${'y'.repeat(400)}`)
  })

  it('takes the session away when there is none to send', () => {
    const carrier = {
      'x-datadog-tags': `${TID},_dd.p.llmobs_sid=old`,
      tracestate: 'a=b, dd=s:1;t.llmobs_sid:old;t.dm:-1',
    }
    replaceSession(carrier, undefined)
    assert.deepEqual(carrier, { 'x-datadog-tags': TID, tracestate: 'a=b, dd=s:1;t.dm:-1' })
  })

  it('takes linear time', () => {
    for (const part of ['dd=', 'dd=;', 'dd=t.llmobs_sid:;', ',dd=;']) {
      const tracestate = `a=${part.repeat(30_000)}t.llmobs_sid:`
      const started = performance.now()
      replaceSession({ 'x-datadog-tags': tracestate, tracestate }, 'new')
      assert.ok(performance.now() - started < 500, part)
    }
  })

  it("replaces the session in Datadog's member of tracestate only", () => {
    const carrier = { tracestate: 'other=t.llmobs_sid:x,dd=s:1;t.llmobs_sid:old;t.dm:-1,last=t.llmobs_sid:y' }
    replaceSession(carrier, 'new')
    assert.equal(
      carrier.tracestate,
      'other=t.llmobs_sid:x,dd=s:1;t.llmobs_sid:new;t.dm:-1,last=t.llmobs_sid:y',
    )
  })

  it('takes a dollar sign literally', () => {
    const carrier = { 'x-datadog-tags': `${TID},_dd.p.llmobs_sid=old`, tracestate: 'dd=t.llmobs_sid:old' }
    replaceSession(carrier, "$&$1$'")
    assert.equal(carrier['x-datadog-tags'], `${TID},_dd.p.llmobs_sid=$&$1$'`)
    assert.equal(carrier.tracestate, "dd=t.llmobs_sid:$&$1$'")
  })

  it('leaves no empty member beside it', () => {
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

  it("sends none where the active span's cannot be sent", () => {
    for (const sessionId of ['dXNlci00Mg==', 'user 42', 'ä', 'x'.repeat(129)]) {
      const carrier = {
        'x-datadog-tags': `${TID},_dd.p.llmobs_sid=rum`,
        tracestate: 'dd=s:1;t.llmobs_sid:rum',
      }
      sendSession({ carrier }, tracerWith(sessionId))
      assert.deepEqual(carrier, { 'x-datadog-tags': TID, tracestate: 'dd=s:1' }, sessionId)
    }
  })

  it('keeps dd-trace from writing one that makes its tags too long', () => {
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

  it('keeps it where only tags that dd-trace leaves out itself make them too long', () => {
    const replacements = ['_dd.p.llmobs_sid', 'a'.repeat(36), '_dd.p.llmobs_agent', 'y'.repeat(450)]
    const injection = {
      spanContext: { _trace: { tags: { '_dd.p.tid': '0af7651916cd43dd' } } },
      traceTagReplacements: [...replacements],
      optionalTraceTagCount: 1,
    }
    sendSession(injection, undefined)
    assert.deepEqual(injection.traceTagReplacements, replacements)
  })

  it('keeps the tag of the trace from being written for the same reason', () => {
    const tags = { '_dd.p.llmobs_sid': 'a', '_dd.p.x': 'y'.repeat(490) }
    const injection: { spanContext: object; traceTagReplacements?: unknown[] } = {
      spanContext: { _trace: { tags } },
    }
    sendSession(injection, undefined)
    assert.deepEqual(injection.traceTagReplacements, ['_dd.p.llmobs_sid', undefined])
  })
})

describe('hasRoomFor', () => {
  it('leaves 200 of 512 characters to LLMObs, counting what is sent on', () => {
    const sent = '_dd.p.llmobs_sid=abc,_dd.p.x='
    for (const [length, expected] of [
      [312 - sent.length, true],
      [313 - sent.length, false],
    ] as const) {
      assert.equal(hasRoomFor('abc', { '_dd.p.x': 'y'.repeat(length), 'baggage.x': 'not sent' }), expected)
    }
  })
})

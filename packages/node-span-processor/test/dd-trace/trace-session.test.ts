import assert from 'node:assert/strict'
import { TRACE_SESSION } from '../../src/dd-trace/internals.js'
import { fitsTraceTag, TraceSession } from '../../src/dd-trace/trace-session.js'
import { RequestSession } from '../../src/request-session.js'

const isWord = (value: string) => /^\w+$/.test(value)

/** The parts of a tracer and a trace that TraceSession uses. */
function ddTrace(options: {
  items?: Record<string, string>
  forgets?: boolean
  tags?: Record<string, string>
}) {
  const items = new Map(Object.entries(options.items ?? {}))
  return {
    tracer: {
      getBaggageItem: (key: string) => items.get(key),
      setBaggageItem: (key: string, value: string) => items.set(key, value),
      extract: () => options.forgets && items.delete('rum-llmobs'),
    },
    tags: options.tags ?? {},
  }
}

describe('TraceSession', () => {
  let enter: (baggage?: string) => void
  let stop: () => void
  let sessions: TraceSession
  beforeEach(() => {
    const requests = new RequestSession()
    stop = requests.use()
    enter = (baggage) => requests.enter({ headers: { baggage } }, {})
    sessions = new TraceSession(isWord, requests)
  })
  afterEach(() => stop())

  it('returns the session of the current request, and null for a request without a valid one', () => {
    assert.equal(sessions.current, undefined)
    enter('session.id=a')
    assert.equal(sessions.current, 'a')
    for (const baggage of [undefined, 'tier=gold', 'session.id=not%20valid', 'session.id=%zz']) {
      enter(baggage)
      assert.equal(sessions.current, null, baggage)
    }
  })

  describe('sessionForNewTrace', () => {
    const remote = { parent: { _isRemote: true } }

    it('returns the session of the request, and null for a request without one', () => {
      const { tags, tracer } = ddTrace({ items: { 'session.id': 'stale' }, forgets: true })
      enter('session.id=a')
      assert.equal(sessions.sessionForNewTrace(tags, undefined, tracer), 'a')
      enter()
      assert.equal(sessions.sessionForNewTrace(tags, undefined, tracer), null)
    })

    it('returns a valid session that dd-trace extracted outside of a request', () => {
      for (const [value, expected] of [
        ['a', 'a'],
        ['not valid', undefined],
      ] as const) {
        const { tags, tracer } = ddTrace({ tags: { 'baggage.session.id': value } })
        assert.equal(sessions.sessionForNewTrace(tags, remote, tracer), expected)
      }
    })

    it('prefers the session of a message to that of the request in which its consumer was created', () => {
      enter('session.id=a')
      const { tags, tracer } = ddTrace({ tags: { 'baggage.session.id': 'm' } })
      assert.equal(sessions.sessionForNewTrace(tags, remote, tracer), 'm')
    })

    it('returns null for a message without a session whose consumer was created in a request', () => {
      enter('session.id=a')
      const { tags, tracer } = ddTrace({})
      const active = { setTag() {}, context: () => ({ _trace: { tags: { [TRACE_SESSION]: 'a' } } }) }
      const consuming = { ...tracer, scope: () => ({ active: () => active }) }
      assert.equal(sessions.sessionForNewTrace(tags, remote, consuming), null)
      assert.equal(sessions.sessionForNewTrace(tags, undefined, consuming), 'a')
      assert.equal(
        sessions.sessionForNewTrace(tags, remote, { ...tracer, scope: () => ({ active: () => null }) }),
        'a',
      )
    })

    it('reads baggage items only if dd-trace removes them between extracts', () => {
      const items = { 'session.id': 'a' }
      const forgetful = ddTrace({ items, forgets: true })
      assert.equal(sessions.sessionForNewTrace({}, undefined, forgetful.tracer), 'a')
      const sticky = ddTrace({ items, forgets: false })
      assert.equal(new TraceSession(isWord).sessionForNewTrace({}, undefined, sticky.tracer), undefined)
    })
  })

  describe('sessionForSpan', () => {
    const tag = '_dd.p.llmobs_sid'

    it('prefers the session of an upstream service, then of the trace, then of the request', () => {
      enter('session.id=current')
      assert.equal(sessions.sessionForSpan({ [tag]: 'up', [TRACE_SESSION]: 'own' }), 'up')
      assert.equal(sessions.sessionForSpan({ [tag]: 'not valid', [TRACE_SESSION]: 'own' }), 'own')
      assert.equal(sessions.sessionForSpan({ [TRACE_SESSION]: null }), null)
      assert.equal(sessions.sessionForSpan({}), 'current')
      assert.equal(sessions.sessionForSpan(undefined), 'current')
    })
  })

  it('validates an id once in a request and its trace', () => {
    let asked = 0
    sessions.isValid = (value) => {
      asked += 1
      return isWord(value)
    }
    enter('session.id=a')
    const { tracer } = ddTrace({})
    assert.equal(sessions.sessionForNewTrace({ 'baggage.session.id': 'a' }, undefined, tracer), 'a')
    assert.equal(sessions.sessionForSpan({ '_dd.p.llmobs_sid': 'a', [TRACE_SESSION]: 'a' }), 'a')
    assert.equal(asked, 1)
  })

  it('refuses the session if the validator throws', () => {
    sessions.isValid = () => {
      throw new Error('broken validator')
    }
    enter('session.id=a')
    assert.equal(sessions.current, null)
  })
})

describe('fitsTraceTag', () => {
  it('refuses values for which dd-trace drops or changes its trace headers', () => {
    for (const value of [
      '',
      'a,b',
      'a;b',
      'a=b',
      'a~b',
      'a b',
      'a\r\nb',
      'é',
      'x'.repeat(129),
      undefined,
      7,
    ]) {
      assert.equal(fitsTraceTag(value), false, String(value))
    }
  })

  it('accepts all other visible ASCII characters, up to 128', () => {
    for (const value of ['a', 'x'.repeat(128), '!"#$%&\'()*+-./:<>?@[]^_`{|}\\'])
      assert.ok(fitsTraceTag(value), value)
  })
})

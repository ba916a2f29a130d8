import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { TRACE_SESSION } from '../../src/dd-trace/internals.js'
import { fitsTraceTag, TraceSession } from '../../src/dd-trace/trace-session.js'

const isWord = (value: string) => /^\w+$/.test(value)
const request = (baggage?: unknown) => ({ headers: { baggage } })

/** A tracer and the tags of a trace, as far as TraceSession looks at them. */
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
  let requests: TraceSession
  beforeEach(() => {
    requests = new TraceSession(isWord)
  })
  afterEach(() => requests.stop())

  describe('enter', () => {
    it('keeps the session of the request through awaits and timers', async () => {
      const seen = await Promise.all(
        ['a', 'b', 'c'].map(async (id) => {
          await Promise.resolve()
          requests.enter(request(`session.id=${id}`))
          await sleep(2)
          return new Promise((resolve) => setTimeout(() => resolve(requests.current), 2))
        }),
      )
      assert.deepEqual(seen, ['a', 'b', 'c'])
    })

    it('does not keep the session of the request before in the same context', () => {
      requests.enter(request('session.id=a'))
      for (const baggage of [undefined, '', 'tier=gold', 'session.id=not%20valid', 'session.id=%zz', 7]) {
        requests.enter(request(baggage))
        assert.equal(requests.current, null)
      }
    })

    it('does not keep it either when the headers cannot be read', () => {
      requests.enter(request('session.id=a'))
      const broken = {
        get headers(): Record<string, unknown> {
          throw new Error('no headers')
        },
      }
      assert.throws(() => requests.enter(broken))
      assert.equal(requests.current, null)
    })

    it('gives the session to the events of the request, whatever context they come from', async () => {
      const incoming = Object.assign(new EventEmitter(), request('session.id=a'))
      const elsewhere = new Promise<void>((resolve) => setImmediate(resolve))
      await Promise.resolve().then(() => requests.enter(incoming, true))
      const ended = once(incoming, 'end')
      let seen: unknown
      incoming.on('end', () => {
        seen = requests.current
      })
      requests.enter(request())
      void elsewhere.then(() => incoming.emit('end', 1))
      assert.deepEqual(await ended, [1])
      assert.equal(seen, 'a')
    })

    it('leaves the events of a request without a session or without a body alone', () => {
      const plain = Object.assign(new EventEmitter(), request('tier=gold'), { method: 'POST' })
      const bodiless = Object.assign(new EventEmitter(), request('session.id=a'), { method: 'GET' })
      for (const incoming of [plain, bodiless]) {
        requests.enter(incoming, true)
        assert.ok(!Object.hasOwn(incoming, 'emit'))
      }
    })

    it('binds the events of an HTTP/1 body where the version of Node asks for it', () => {
      const flag = '--experimental-async-context-frame'
      const isAsked = Number(process.versions.node.split('.')[0]) >= 24 || process.execArgv.includes(flag)
      for (const id of ['a', 'b']) {
        const incoming = Object.assign(new EventEmitter(), request(`session.id=${id}`), { method: 'POST' })
        requests.enter(incoming)
        assert.equal(Object.hasOwn(incoming, 'emit'), isAsked)
        assert.equal(requests.current, id)
      }
    })
  })

  describe('ofRoot', () => {
    const remote = { parent: { _isRemote: true } }

    it('answers the session of the request, and null for a request without one', () => {
      const { tags, tracer } = ddTrace({ items: { 'session.id': 'stale' }, forgets: true })
      requests.enter(request('session.id=a'))
      assert.equal(requests.ofRoot(tags, undefined, tracer), 'a')
      requests.enter(request())
      assert.equal(requests.ofRoot(tags, undefined, tracer), null)
    })

    it('outside of a request reads what dd-trace extracted, if it is valid', () => {
      for (const [value, expected] of [
        ['a', 'a'],
        ['not valid', undefined],
      ] as const) {
        const { tags, tracer } = ddTrace({ tags: { 'baggage.session.id': value } })
        assert.equal(requests.ofRoot(tags, remote, tracer), expected)
      }
    })

    it('prefers what a message brought to the request in which its consumer was created', () => {
      requests.enter(request('session.id=a'))
      const { tags, tracer } = ddTrace({ tags: { 'baggage.session.id': 'm' } })
      assert.equal(requests.ofRoot(tags, remote, tracer), 'm')
    })

    it('answers null for a message that brought none to a consumer created in a request', () => {
      requests.enter(request('session.id=a'))
      const { tags, tracer } = ddTrace({})
      const active = { setTag() {}, context: () => ({ _trace: { tags: { [TRACE_SESSION]: 'a' } } }) }
      const consuming = { ...tracer, scope: () => ({ active: () => active }) }
      assert.equal(requests.ofRoot(tags, remote, consuming), null)
      assert.equal(requests.ofRoot(tags, undefined, consuming), 'a')
      assert.equal(requests.ofRoot(tags, remote, { ...tracer, scope: () => ({ active: () => null }) }), 'a')
    })

    it('uses baggage items only of a dd-trace that forgets them between extracts', () => {
      const items = { 'session.id': 'a' }
      const forgetful = ddTrace({ items, forgets: true })
      assert.equal(requests.ofRoot({}, undefined, forgetful.tracer), 'a')
      const sticky = ddTrace({ items, forgets: false })
      assert.equal(new TraceSession(isWord).ofRoot({}, undefined, sticky.tracer), undefined)
    })
  })

  describe('ofTrace', () => {
    const tag = '_dd.p.llmobs_sid'

    it('prefers the session of an upstream service, then that of the trace, then the current one', () => {
      requests.enter(request('session.id=current'))
      assert.equal(requests.ofTrace({ [tag]: 'up', [TRACE_SESSION]: 'own' }), 'up')
      assert.equal(requests.ofTrace({ [tag]: 'not valid', [TRACE_SESSION]: 'own' }), 'own')
      assert.equal(requests.ofTrace({ [TRACE_SESSION]: null }), null)
      assert.equal(requests.ofTrace({}), 'current')
      assert.equal(requests.ofTrace(undefined), 'current')
    })
  })

  it('validates an id once in a request and its trace', () => {
    let asked = 0
    requests.isValid = (value) => {
      asked += 1
      return isWord(value)
    }
    requests.enter(request('session.id=a'))
    const { tracer } = ddTrace({})
    assert.equal(requests.ofRoot({ 'baggage.session.id': 'a' }, undefined, tracer), 'a')
    assert.equal(requests.ofTrace({ '_dd.p.llmobs_sid': 'a', [TRACE_SESSION]: 'a' }), 'a')
    assert.equal(asked, 1)
  })

  it('accepts nothing when the validator throws', () => {
    requests.isValid = () => {
      throw new Error('broken validator')
    }
    requests.enter(request('session.id=a'))
    assert.equal(requests.current, null)
  })
})

describe('fitsTraceTag', () => {
  it('refuses what would make dd-trace drop or change its trace headers', () => {
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

  it('accepts the rest of visible ASCII, up to 128 characters', () => {
    for (const value of ['a', 'x'.repeat(128), '!"#$%&\'()*+-./:<>?@[]^_`{|}\\'])
      assert.ok(fitsTraceTag(value), value)
  })
})

import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fitsTraceTag, RequestSession } from '../../src/dd-trace/request-session.js'

const isWord = (value: string) => /^\w+$/.test(value)
const request = (baggage?: unknown) => ({ headers: { baggage } })

/** A tracer and a span, as far as RequestSession looks at them. */
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
    span: { setTag() {}, context: () => ({ _trace: { tags: options.tags ?? {} } }) },
  }
}

describe('RequestSession', () => {
  let requests: RequestSession
  beforeEach(() => {
    requests = new RequestSession(isWord)
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
      await Promise.resolve().then(() => requests.enter(incoming))
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
        requests.enter(incoming)
        assert.ok(!Object.hasOwn(incoming, 'emit'))
      }
    })
  })

  describe('ofRoot', () => {
    it('answers the session of the request, and nothing for a request without one', () => {
      const { span, tracer } = ddTrace({ tags: { 'baggage.session.id': 'stale' }, forgets: true })
      requests.enter(request('session.id=a'))
      assert.equal(requests.ofRoot(span, tracer), 'a')
      requests.enter(request())
      assert.equal(requests.ofRoot(span, tracer), undefined)
    })

    it('outside of a request reads what dd-trace extracted, if it is valid', () => {
      for (const [value, expected] of [
        ['a', 'a'],
        ['not valid', undefined],
      ] as const) {
        const { span, tracer } = ddTrace({ tags: { 'baggage.session.id': value } })
        assert.equal(requests.ofRoot(span, tracer), expected)
      }
    })

    it('uses baggage items only of a dd-trace that forgets them between extracts', () => {
      const items = { 'session.id': 'a' }
      const forgetful = ddTrace({ items, forgets: true })
      assert.equal(requests.ofRoot(forgetful.span, forgetful.tracer), 'a')
      const sticky = ddTrace({ items, forgets: false })
      assert.equal(new RequestSession(isWord).ofRoot(sticky.span, sticky.tracer), undefined)
    })
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

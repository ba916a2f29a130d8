import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mock } from 'node:test'
import {
  baggageEntryMetadataFromString,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
} from '@opentelemetry/api'
import { SessionBaggagePropagator } from '../src/session-baggage-propagator.js'
import { headersSetter, requestTo, withEntries } from './inject-arguments.js'

/** The context of a request that must not carry the session. */
const elsewhere = requestTo('https://other.example/')

/** The copy that fetch instrumentation makes of a reused init object. */
const copyOf = (headers: Headers) => new Headers(headers)

/** Waits without a timer, because some tests replace the timers. */
async function nextTask(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const { port1, port2 } = new MessageChannel()
    await new Promise((resolve) => {
      port1.onmessage = resolve
      port2.postMessage(0)
    })
    port1.close()
  }
}

describe('SessionBaggagePropagator, lent headers', () => {
  let id: string | undefined
  let propagator: SessionBaggagePropagator
  const create = () =>
    new SessionBaggagePropagator({ sessionProvider: { getSessionId: () => id }, whenUrlUnknown: 'inject' })
  beforeEach(() => {
    propagator = create()
  })

  function headerAfter(headers: Headers, session: string | undefined, from = ROOT_CONTEXT) {
    id = session
    propagator.inject(from, headers, headersSetter)
    return headers.get('baggage')
  }

  describe('in the next task', () => {
    for (const page of ['own=1;p=x, plan=free', 'session.id=mine,own=1', ',own=1,', '']) {
      it(`restores the header of the page: ${page || 'none'}`, async () => {
        for (const session of ['one', undefined]) {
          const request = new Request('https://app.example.com/', { headers: page ? { baggage: page } : {} })
          headerAfter(request.headers, session, withEntries({ k: 'v' }))
          assert.match(request.headers.get('baggage') ?? '', /k=v/)
          await nextTask()
          assert.equal(request.headers.get('baggage'), page || null)
        }
      })
    }

    it('restores the header in a Map under the spelling of the page', async () => {
      id = 'one'
      const map = new Map([['Baggage', 'own=1']])
      propagator.inject(ROOT_CONTEXT, map, { set: (carrier, key, value) => carrier.set(key, value) })
      assert.deepEqual([...map], [['Baggage', 'session.id=one,own=1']])
      await nextTask()
      assert.deepEqual([...map], [['Baggage', 'own=1']])
    })

    it('keeps the session while fetch wrappers await resolved promises', async () => {
      const headers = new Headers()
      headerAfter(headers, 'one')
      for (let i = 0; i < 100; i++) await Promise.resolve()
      assert.equal(headers.get('baggage'), 'session.id=one')
    })

    it('leaves nothing for another propagator, a copied Request or an ignored URL', async () => {
      const request = new Request('https://app.example.com/')
      headerAfter(request.headers, 'one', withEntries({ k: 'v' }))
      await nextTask()
      assert.deepEqual([...new Request('https://other.example/', request).headers], [])
      id = undefined
      create().inject(ROOT_CONTEXT, request.headers, headersSetter)
      assert.deepEqual([...request.headers], [])
    })

    it('restores the first of 1,000 headers that were written in one task', async () => {
      const oldest = new Headers()
      headerAfter(oldest, 'one')
      for (let i = 0; i < 1000; i++) headerAfter(new Headers(), `id${i}`, withEntries({ [`k${i}`]: 'v' }))
      await nextTask()
      assert.equal(oldest.get('baggage'), null)
      assert.equal(headerAfter(copyOf(oldest), undefined), null)
    })

    it('keeps the members that other fetch wrappers added', async () => {
      for (const [page, expected] of [
        ['own=1', 'own=1'],
        ['', ''],
      ] as const) {
        const [behind, before] = [0, 1].map(() => new Headers(page ? { baggage: page } : {})) as [
          Headers,
          Headers,
        ]
        for (const headers of [behind, before]) headerAfter(headers, 'one', withEntries({ k: 'v' }))
        behind.append('baggage', 'token=5')
        before.set('baggage', `token=5, ${before.get('baggage')}`)
        await nextTask()
        assert.equal(behind.get('baggage'), expected ? `${expected}, token=5` : 'token=5')
        assert.equal(before.get('baggage'), expected ? `token=5, ${expected}` : 'token=5')
      }
    })

    it('keeps the header that another fetch wrapper replaced or deleted', async () => {
      const [replaced, deleted] = [new Headers({ baggage: 'own=1' }), new Headers({ baggage: 'own=1' })]
      for (const headers of [replaced, deleted]) headerAfter(headers, 'one')
      replaced.set('baggage', 'other=$1')
      deleted.delete('baggage')
      await nextTask()
      assert.deepEqual(
        [replaced, deleted].map((headers) => headers.get('baggage')),
        ['other=$1', null],
      )
    })

    it('restores a header that was lent twice in one task', async () => {
      for (const contexts of [
        [ROOT_CONTEXT, withEntries({ k: 'v' })],
        [withEntries({ k: 'v' }), ROOT_CONTEXT],
      ]) {
        const headers = new Headers()
        for (const from of contexts) headerAfter(headers, 'one', from)
        await nextTask()
        assert.equal(headers.get('baggage'), null)
      }
    })

    it('restores the other headers if one became immutable', async () => {
      const [good, broken, last] = [new Headers(), new Headers(), new Headers()]
      for (const headers of [good, broken, last]) headerAfter(headers, 'one')
      broken.delete = () => {
        throw new TypeError('immutable')
      }
      await nextTask()
      assert.deepEqual([good.get('baggage'), last.get('baggage')], [null, null])
    })
  })

  describe('without running timers', () => {
    afterEach(() => mock.timers.reset())

    for (const [name, when] of Object.entries({
      'before the propagator is constructed': 0,
      'after the propagator is constructed': 1,
    })) {
      it(`restores the header when a test fakes the timers ${name}`, async () => {
        if (when === 1) propagator = create()
        mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] })
        if (when === 0) propagator = create()
        const headers = new Headers()
        headerAfter(headers, 'one')
        await nextTask()
        assert.equal(headers.get('baggage'), null)
      })
    }

    it('restores the header when a hidden tab throttles the timers', async () => {
      const { setTimeout: realSetTimeout } = globalThis
      try {
        globalThis.setTimeout = ((callback: () => void) => realSetTimeout(callback, 60_000).unref()) as never
        propagator = create()
        const headers = new Headers()
        headerAfter(headers, 'one')
        await nextTask()
        assert.equal(headers.get('baggage'), null)
      } finally {
        globalThis.setTimeout = realSetTimeout
      }
    })
  })

  it('restores the header without MessageChannel', async () => {
    const { MessageChannel: real } = globalThis
    try {
      Object.assign(globalThis, { MessageChannel: undefined })
      propagator = create()
    } finally {
      Object.assign(globalThis, { MessageChannel: real })
    }
    const headers = new Headers({ baggage: 'own=1' })
    assert.equal(headerAfter(headers, 'one'), 'session.id=one,own=1')
    await new Promise((resolve) => setTimeout(resolve, 5))
    assert.equal(headers.get('baggage'), 'own=1')
  })

  it('makes one MessageChannel for all requests, which does not keep Node.js alive', () => {
    const script = `
      const { MessageChannel: Real } = globalThis
      let made = 0
      globalThis.MessageChannel = class extends Real { constructor() { super(); made++ } }
      const { SessionBaggagePropagator } = await import('${new URL('../src/index.ts', import.meta.url)}')
      const propagator = new SessionBaggagePropagator({ sessionProvider: { getSessionId: () => 'one' }, whenUrlUnknown: 'inject' })
      const context = { getValue: () => undefined }
      for (let i = 0; i < 1000; i++) propagator.inject(context, new Headers(), { set: (h, n, v) => h.set(n, v) })
      console.log(made)`
    const options = { encoding: 'utf8', timeout: 20_000 } as const
    const args = ['--import', 'tsx', '--input-type=module', '-e', script]
    assert.equal(execFileSync(process.execPath, args, options).trim(), '1')
  })

  it('restores all headers of a task with one message', async () => {
    const postMessage = mock.method(MessagePort.prototype, 'postMessage')
    try {
      const all = Array.from({ length: 100 }, () => new Headers())
      for (const headers of all) headerAfter(headers, 'one')
      assert.equal(postMessage.mock.callCount(), 1)
      await nextTask()
      assert.ok(all.every((headers) => !headers.has('baggage')))
    } finally {
      postMessage.mock.restore()
    }
  })

  it('lends at most 256 headers at a time', () => {
    const all = Array.from({ length: 1000 }, () => new Headers())
    for (const headers of all) headerAfter(headers, 'one')
    const lent = all.filter((headers) => headers.get('baggage'))
    assert.ok(lent.length > 0 && lent.length <= 256)
    assert.equal(all.at(-1)?.get('baggage'), 'session.id=one')
  })

  describe('when the page reuses headers in the same task', () => {
    it('replaces the members of the previous use', () => {
      const headers = new Headers({ baggage: 'own=1' })
      assert.equal(headerAfter(headers, 'one', withEntries({ a: '1' })), 'session.id=one,own=1,a=1')
      assert.equal(headerAfter(headers, 'one', withEntries({ a: '1' })), 'session.id=one,own=1,a=1')
      assert.equal(headerAfter(headers, 'two', withEntries({ a: '2' })), 'session.id=two,own=1,a=2')
      assert.equal(headerAfter(headers, 'two', withEntries({ b: '3' })), 'session.id=two,own=1,b=3')
      assert.equal(headerAfter(headers, 'two'), 'session.id=two,own=1')
    })

    it('replaces the members of the previous use in a copy of the headers', () => {
      const first = new Headers()
      headerAfter(first, 'one', withEntries({ a: '1' }))
      assert.equal(headerAfter(copyOf(first), 'two', withEntries({ b: '2' })), 'session.id=two,b=2')
    })

    it('removes the session once it has expired', () => {
      const headers = new Headers({ baggage: 'own=1' })
      headerAfter(headers, 'one')
      assert.equal(headerAfter(copyOf(headers), undefined), 'own=1')
      assert.equal(headerAfter(headers, undefined), 'own=1')
    })

    it('replaces the entries of another context without a session', () => {
      const headers = new Headers({ baggage: 'own=1' })
      const alice = withEntries({ user: 'alice', a: '1' })
      assert.equal(headerAfter(headers, undefined, alice), 'own=1,user=alice,a=1')
      assert.equal(headerAfter(headers, undefined, withEntries({ user: 'bob' })), 'own=1,user=bob')
    })

    it('restores the whole header of the page for a destination that must not get the session', async () => {
      const members = Array.from({ length: 64 }, (_, index) => `k${index}=v`)
      for (const page of [
        'session.id=own,a=1',
        'a=1 ,session.id=own',
        'a=1, ,session.id=own',
        members.join(),
      ]) {
        const headers = new Headers({ baggage: page })
        headerAfter(headers, 'one')
        assert.equal(headerAfter(headers, 'one', elsewhere), page)
        await nextTask()
      }
    })

    it('recognizes a lent header whose last metadata ends in a blank', () => {
      const entry = { value: 'v', metadata: baggageEntryMetadataFromString('p=1 ') }
      const from = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ k: entry }))
      for (const session of ['one', undefined]) {
        const headers = new Headers()
        assert.match(headerAfter(headers, session, from) ?? '', /k=v;p=1$/)
        assert.equal(headerAfter(headers, 'two', withEntries({ k: 'w' })), 'session.id=two,k=w')
      }
    })

    it('keeps an entry in a copy without a session, because the page may have written it', () => {
      const headers = new Headers()
      headerAfter(headers, undefined, withEntries({ user: 'alice' }))
      assert.equal(headerAfter(copyOf(headers), undefined, withEntries({ user: 'bob' })), 'user=alice')
      assert.equal(headerAfter(copyOf(headers), 'one'), 'session.id=one,user=alice')
    })

    it('keeps a header of the page that equals one written for a context', () => {
      const entries = withEntries({ tenant: 'acme' })
      headerAfter(new Headers(), undefined, entries)
      for (const [session, from, expected] of [
        ['abc', ROOT_CONTEXT, 'session.id=abc,tenant=acme'],
        ['abc', withEntries({ tenant: 'other' }), 'session.id=abc,tenant=acme'],
        [undefined, ROOT_CONTEXT, 'tenant=acme'],
        [undefined, withEntries({ tenant: 'other' }), 'tenant=acme'],
        ['abc', elsewhere, 'tenant=acme'],
      ] as const) {
        assert.equal(headerAfter(new Headers({ baggage: 'tenant=acme' }), session, from), expected)
      }
    })
  })

  it('removes the session that was sent last from a copy that is used later', async () => {
    const headers = new Headers({ baggage: 'own=1' })
    headerAfter(headers, 'one')
    const copy = copyOf(headers)
    await nextTask()
    assert.equal(headerAfter(copyOf(copy), undefined), 'own=1')
    assert.equal(headerAfter(copyOf(copy), 'one', elsewhere), 'own=1')
    assert.equal(headerAfter(copyOf(copy), 'two'), 'session.id=two,own=1')
  })

  it('does not restore a plain object, which the caller may keep', async () => {
    id = 'one'
    const object = { baggage: 'own=1' }
    propagator.inject(ROOT_CONTEXT, object, defaultTextMapSetter)
    await nextTask()
    assert.deepEqual(object, { baggage: 'session.id=one,own=1' })
  })
})

import assert from 'node:assert/strict'
import {
  baggageEntryMetadataFromString,
  type Context,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
} from '@opentelemetry/api'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { SessionBaggagePropagator } from '../src/session-baggage-propagator.js'

const headersSetter = { set: (headers: Headers, name: string, value: string) => headers.set(name, value) }

function withEntries(entries: Record<string, string>): Context {
  const values = Object.entries(entries).map(([key, value]) => [key, { value }] as const)
  return propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage(Object.fromEntries(values)))
}

/** The context of a request that may not carry the session. */
const elsewhere = trace.setSpan(
  ROOT_CONTEXT,
  new BasicTracerProvider().getTracer('test').startSpan('GET', {
    kind: SpanKind.CLIENT,
    attributes: { 'url.full': 'https://other.example/' },
  }),
)

/** As fetch instrumentation makes one of an init object that is used again. */
const copyOf = (headers: Headers) => new Headers(headers)

describe('BaggageMerger', () => {
  let id: string | undefined
  let propagator: SessionBaggagePropagator
  beforeEach(() => {
    const sessionProvider = { getSessionId: () => id }
    propagator = new SessionBaggagePropagator({ sessionProvider, whenUrlUnknown: 'inject' })
  })

  function headerAfter(headers: Headers, session: string | undefined, from = ROOT_CONTEXT) {
    id = session
    propagator.inject(from, headers, headersSetter)
    return headers.get('baggage')
  }

  describe('on headers that are used again', () => {
    it('never accumulates on one Headers object', () => {
      const headers = new Headers({ baggage: 'own=1' })
      assert.equal(headerAfter(headers, 'one', withEntries({ a: '1' })), 'session.id=one,own=1,a=1')
      assert.equal(headerAfter(headers, 'one', withEntries({ a: '1' })), 'session.id=one,own=1,a=1')
      assert.equal(headerAfter(headers, 'two', withEntries({ a: '2' })), 'session.id=two,own=1,a=2')
      assert.equal(headerAfter(headers, 'two', withEntries({ b: '3' })), 'session.id=two,own=1,b=3')
      assert.equal(headerAfter(headers, 'two'), 'session.id=two,own=1')
    })

    it('never accumulates on copies, as fetch instrumentation makes of an init object', () => {
      const first = new Headers()
      headerAfter(first, 'one', withEntries({ a: '1' }))
      assert.equal(headerAfter(new Headers(first), 'two', withEntries({ b: '2' })), 'session.id=two,b=2')
    })

    it('takes its own session away when there is none any more', () => {
      const headers = new Headers({ baggage: 'own=1' })
      headerAfter(headers, 'one')
      assert.equal(headerAfter(headers, undefined), 'own=1')
      const empty: { baggage?: string } = {}
      id = 'one'
      propagator.inject(ROOT_CONTEXT, empty, defaultTextMapSetter)
      id = undefined
      propagator.inject(ROOT_CONTEXT, empty, defaultTextMapSetter)
      assert.deepEqual(empty, {})
    })

    it('takes its own session away from headers of long ago', () => {
      const headers = new Headers({ baggage: 'own=1' })
      headerAfter(headers, 'one')
      for (let i = 0; i < 1000; i++) headerAfter(new Headers(), 'one', withEntries({ request: `${i}` }))
      assert.equal(headerAfter(headers, undefined), 'own=1')
    })

    it('takes its own entries away where there never was a session', () => {
      const headers = new Headers({ baggage: 'own=1' })
      assert.equal(
        headerAfter(headers, undefined, withEntries({ user: 'alice', a: '1' })),
        'own=1,user=alice,a=1',
      )
      assert.equal(headerAfter(headers, undefined, withEntries({ user: 'bob' })), 'own=1,user=bob')
    })

    it('gives back the session and the members that the page had in place of its own', () => {
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
      }
    })

    it('takes away an entry that ends in a blank, which Headers cut off', () => {
      const entry = { value: 'v', metadata: baggageEntryMetadataFromString('p=1 ') }
      const from = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ k: entry }))
      for (const session of ['one', undefined]) {
        const headers = new Headers()
        headerAfter(headers, session, from)
        assert.match(headers.get('baggage') ?? '', /k=v;p=1$/)
        assert.equal(headerAfter(headers, 'two', withEntries({ k: 'w' })), 'session.id=two,k=w')
      }
      const first = new Headers()
      headerAfter(first, 'one', from)
      assert.equal(headerAfter(copyOf(first), 'two'), 'session.id=two')
    })

    it('keeps an entry in a copy of headers that had no session: it may be the page that wrote it', () => {
      const headers = new Headers()
      headerAfter(headers, undefined, withEntries({ user: 'alice' }))
      assert.equal(headerAfter(copyOf(headers), undefined, withEntries({ user: 'bob' })), 'user=alice')
      assert.equal(headerAfter(copyOf(headers), 'one'), 'session.id=one,user=alice')
    })
  })

  describe('on requests that end with the same header', () => {
    it('keeps what the page writes where an entry of a context made the same before', () => {
      const entries = withEntries({ tenant: 'acme' })
      id = undefined
      propagator.inject(entries, {}, defaultTextMapSetter)
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

    for (const [name, used] of Object.entries({
      'the headers': (headers: Headers) => headers,
      'a copy of the headers': copyOf,
    })) {
      it(`gives ${name} the value of no other request back`, () => {
        const a = new Headers({ baggage: 'a=1' })
        const b = new Headers({ baggage: 'session.id=own,a=1' })
        assert.equal(headerAfter(a, 'one'), 'session.id=one,a=1')
        assert.equal(headerAfter(b, 'one'), 'session.id=one,a=1')
        assert.equal(headerAfter(used(a), 'one', elsewhere), 'a=1')
      })

      it(`gives ${name} no member back that the limits took from another request`, () => {
        const members = Array.from({ length: 64 }, (_, index) => `k${index}=v`)
        const a = new Headers({ baggage: members.slice(0, 63).join() })
        headerAfter(a, 'one')
        headerAfter(new Headers({ baggage: members.join() }), 'one')
        assert.equal(headerAfter(used(a), 'one', elsewhere), members.slice(0, 63).join())
      })

      it(`keeps in ${name} what the page wrote, whichever request was first`, () => {
        for (const tenant of ['first', 'last']) {
          const fromContext = () => headerAfter(new Headers(), 'one', withEntries({ tenant }))
          if (tenant === 'last') fromContext()
          const headers = new Headers({ baggage: `tenant=${tenant}` })
          assert.equal(headerAfter(headers, 'one'), `session.id=one,tenant=${tenant}`)
          if (tenant === 'first') fromContext()
          assert.equal(
            headerAfter(used(headers), 'two', withEntries({ k: 'v' })),
            `session.id=two,tenant=${tenant},k=v`,
          )
          assert.equal(headerAfter(used(headers), undefined), `tenant=${tenant}`)
        }
      })
    }
  })

  describe('with a bounded memory', () => {
    it('knows the latest of many sessions', () => {
      const headers = new Headers()
      for (let i = 0; i < 1000; i++) headerAfter(headers, `id${i}`, withEntries({ [`k${i}`]: 'v' }))
      assert.equal(headers.get('baggage'), 'session.id=id999,k999=v')
    })

    it('forgets the oldest session only for a new one', () => {
      const oldest = new Headers()
      headerAfter(oldest, 'id0')
      for (let i = 1; i < 256; i++) headerAfter(new Headers(), `id${i}`)
      for (let i = 0; i < 9; i++) headerAfter(new Headers(), 'id255', withEntries({ k: `${i}` }))
      assert.equal(headerAfter(copyOf(oldest), undefined), null)
    })

    it('forgets the oldest header only for a new one', () => {
      const oldest = new Headers()
      headerAfter(oldest, 'one', withEntries({ oldest: '1' }))
      for (let i = 1; i < 256; i++) headerAfter(new Headers(), 'one', withEntries({ k: `${i}` }))
      for (let i = 200; i < 256; i++) headerAfter(new Headers(), 'one', withEntries({ k: `${i}` }))
      assert.equal(headerAfter(copyOf(oldest), undefined), null)
    })
  })
})

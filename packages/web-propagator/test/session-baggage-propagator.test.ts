import assert from 'node:assert/strict'
import {
  type Baggage,
  type Context,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
} from '@opentelemetry/api'
import { suppressTracing, W3CBaggagePropagator } from '@opentelemetry/core'
import fc from 'fast-check'
import {
  SESSION_BAGGAGE_KEY,
  SessionBaggagePropagator,
  type SessionBaggagePropagatorConfig,
} from '../src/index.js'
import { headersSetter, requestTo, withEntries } from './inject-arguments.js'

function propagatorOf(getSessionId: () => unknown, config: SessionBaggagePropagatorConfig = {}) {
  const sessionProvider = { getSessionId: getSessionId as () => string }
  return new SessionBaggagePropagator({ sessionProvider, whenUrlUnknown: 'inject', ...config })
}

/** The header after one inject into a plain object. */
function inject(id: unknown, header?: unknown, from: Context = ROOT_CONTEXT): unknown {
  const carrier: Record<string, unknown> = header === undefined ? {} : { baggage: header }
  propagatorOf(() => id).inject(from, carrier, defaultTextMapSetter)
  return carrier.baggage
}

describe('SessionBaggagePropagator', () => {
  describe('inject', () => {
    it('writes one session member, percent-encoded', () => {
      assert.equal(inject('abc'), 'session.id=abc')
      assert.equal(inject('a b,c;d="é"'), 'session.id=a%20b%2Cc%3Bd%3D%22%C3%A9%22')
    })

    it('writes the session, then the members of the page unchanged, then the context', () => {
      const entries = withEntries({ tenant: 'a b', plan: 'x' })
      assert.equal(
        inject('abc', 'k=v;p=1,z=%2f ;q', entries),
        'session.id=abc,k=v;p=1,z=%2f ;q,tenant=a%20b,plan=x',
      )
    })

    for (const old of [
      'session.id=old',
      'session%2Eid=old',
      '\tsession.id = old;p=1',
      'session.id',
      'session.id=',
    ]) {
      it(`replaces ${JSON.stringify(old)} in the header`, () => {
        assert.equal(inject('abc', `a=1,${old},b=2`), 'session.id=abc,a=1,b=2')
      })
    }

    it('replaces the session of the context', () => {
      assert.equal(
        inject('abc', undefined, withEntries({ [SESSION_BAGGAGE_KEY]: 'old', k: 'v' })),
        'session.id=abc,k=v',
      )
    })

    it('prefers the page over the context for any spelling of a key, and keeps duplicates of the page', () => {
      const entries = withEntries({ 'a b': 'context', c: 'context', d: 'context' })
      assert.equal(inject('abc', '%61%20b=1,c=2,c=3', entries), 'session.id=abc,%61%20b=1,c=2,c=3,d=context')
    })

    it('drops whole members over the limits, never the session', () => {
      const many = Array.from({ length: 70 }, (_, index) => `k${index}=v`)
      assert.equal(inject('abc', many.join()), ['session.id=abc', ...many.slice(0, 63)].join())
      const long = `long=${'x'.repeat(8192 - 'session.id=abc,'.length - 'long='.length)}`
      assert.equal(inject('abc', long), `session.id=abc,${long}`)
      assert.equal(inject('abc', `${long}x,k=v`), 'session.id=abc,k=v')
    })

    describe('without a session', () => {
      for (const id of [undefined, null, '', 'x\n', '\ud800', 'x'.repeat(257), 5, {}]) {
        it(`keeps the header unchanged for ${JSON.stringify(id)}`, () => {
          assert.equal(inject(id), undefined)
          assert.equal(inject(id, 'a=1,, b=2 ,session.id=own;p'), 'a=1,, b=2 ,session.id=own;p')
          assert.equal(
            inject(id, 'a=1', withEntries({ a: '2', [SESSION_BAGGAGE_KEY]: 'own' })),
            'a=1,session.id=own',
          )
        })
      }

      const many = Array.from({ length: 70 }, (_, index) => `k${index}=v`).join()

      it('keeps a header that is over the limits', () => {
        assert.equal(inject(undefined, many), many)
      })

      it('drops an entry that does not fit, and keeps the header whole', () => {
        const long = `a=${'x'.repeat(9000)}`
        for (const header of [many, long, `a=1,${long},b=2`, 'a=1,, b=2 ', 'a=日,b=2']) {
          for (const entries of [{ '\ud800': 'v' }, { k: '\ud800' }, { k: 'x'.repeat(8192) }]) {
            assert.equal(inject(undefined, header, withEntries(entries)), header)
          }
        }
        for (const header of [many, long, 'a=日,b=2']) {
          assert.equal(inject(undefined, header, withEntries({ k: 'v' })), header)
        }
      })

      it('appends the entries that fit, and keeps the header byte for byte', () => {
        const entries = withEntries({ x: '\ud800', k: 'v', y: 'x'.repeat(8192), l: 'w' })
        assert.equal(inject(undefined, 'a=1,, b=2 ;p', entries), 'a=1,, b=2 ;p,k=v,l=w')
        assert.equal(inject(undefined, undefined, entries), 'k=v,l=w')
      })

      it('sends no session if the provider throws', () => {
        const carrier = { baggage: 'a=1' }
        const throwing = propagatorOf(() => {
          throw new Error('broken')
        })
        throwing.inject(withEntries({ b: '2', 'session.id': 'own' }), carrier, defaultTextMapSetter)
        assert.deepEqual(carrier, { baggage: 'a=1,b=2,session.id=own' })
      })
    })

    describe('writes no blank at either end', () => {
      const entries = withEntries({ k: 'v' })
      for (const page of [
        ' a=1 ',
        '\ta=1\t',
        ' a=1 ,session.id=old ',
        ' session.id=old , a=1 ',
        ' ',
        ' , ',
      ]) {
        it(`trims a header of ${JSON.stringify(page)}`, () => {
          for (const from of [ROOT_CONTEXT, entries]) {
            for (const id of ['abc', undefined]) {
              const written = String(inject(id, page, from))
              if (written !== page) assert.equal(written, written.trim())
            }
          }
        })
      }

      it('trims the rest after removing the session that was sent last', () => {
        const propagator = propagatorOf(() => 'abc', { whenUrlUnknown: 'inject' })
        propagator.inject(ROOT_CONTEXT, {}, defaultTextMapSetter)
        for (const page of ['session.id=abc, a=1', 'a=1 ,session.id=abc', ' session.id=abc ']) {
          const carrier = { baggage: page }
          propagator.inject(requestTo('https://other.example/'), carrier, defaultTextMapSetter)
          assert.equal(carrier.baggage, page.includes('a') && page.includes('a=1') ? 'a=1' : undefined)
        }
      })
    })

    it('asks the provider at each call', () => {
      const ids = ['one', undefined, 'two']
      const propagator = propagatorOf(() => ids.shift())
      const headers = [1, 2, 3].map(() => {
        const carrier: { baggage?: string } = {}
        propagator.inject(ROOT_CONTEXT, carrier, defaultTextMapSetter)
        return carrier.baggage
      })
      assert.deepEqual(headers, ['session.id=one', undefined, 'session.id=two'])
    })

    describe('when tracing is suppressed', () => {
      const suppressed = suppressTracing(withEntries({ k: 'v' }))

      it('writes nothing', () => {
        const carrier = {}
        propagatorOf(() => 'abc').inject(suppressed, carrier, defaultTextMapSetter)
        assert.deepEqual(carrier, {})
      })

      it('keeps a header into which it wrote nothing', () => {
        const many = Array.from({ length: 70 }, (_, index) => `k${index}=v`).join()
        const setter = { set: () => assert.fail() }
        for (const carrier of [
          { baggage: 'session.id=own,, a=1 ' },
          { baggage: many },
          { baggage: 'a=1', Baggage: 'b=2', BAGGAGE: undefined },
          { Baggage: ['a=1', 'session.id=own'] },
        ]) {
          const before = structuredClone(carrier)
          propagatorOf(() => 'abc').inject(suppressed, carrier, setter)
          assert.deepEqual(carrier, before)
        }
        const headers = new Headers({ baggage: 'session.id=own' })
        headers.delete = () => assert.fail()
        propagatorOf(() => 'abc').inject(suppressed, headers, setter)
        assert.equal(headers.get('baggage'), 'session.id=own')
      })

      it('removes the members that it added before, those of the context too', () => {
        const propagator = propagatorOf(() => 'abc')
        for (const [page, expected] of [
          ['a=1', 'a=1'],
          ['', null],
        ] as const) {
          for (const entries of [ROOT_CONTEXT, withEntries({ k: 'v' })]) {
            const headers = new Headers(page ? { baggage: page } : {})
            propagator.inject(entries, headers, headersSetter)
            const copy = new Headers(headers)
            const object: { baggage?: string } = { baggage: headers.get('baggage') as string }
            propagator.inject(suppressed, headers, headersSetter)
            propagator.inject(suppressed, copy, headersSetter)
            propagator.inject(suppressed, object, defaultTextMapSetter)
            assert.deepEqual(
              [headers, copy].map((used) => used.get('baggage')),
              [expected, expected],
            )
            assert.equal(object.baggage, expected ?? undefined)
          }
        }
      })

      it('takes the session back where fetch instrumentation hides the headers that go out', () => {
        const propagator = propagatorOf(() => 'abc')
        const headers = new Headers({ baggage: 'a=1' })
        propagator.inject(ROOT_CONTEXT, headers, headersSetter)
        const carrier = {}
        propagator.inject(suppressed, carrier, defaultTextMapSetter)
        assert.deepEqual([headers.get('baggage'), carrier], ['a=1', {}])
      })
    })

    describe('on a destination', () => {
      const entries = withEntries({ k: 'v', [SESSION_BAGGAGE_KEY]: 'extracted' })
      const url = 'https://api.example.com/chat'

      it('sends the session to allowedUrls', () => {
        const carrier = {}
        const propagator = propagatorOf(() => 'abc', { allowedUrls: [url] })
        propagator.inject(requestTo(url, entries), carrier, defaultTextMapSetter)
        assert.deepEqual(carrier, { baggage: 'session.id=abc,k=v' })
      })

      it('sends other destinations the context without any session', () => {
        const carrier = {}
        propagatorOf(() => 'abc').inject(requestTo(url, entries), carrier, defaultTextMapSetter)
        assert.deepEqual(carrier, { baggage: 'k=v' })
      })

      it('keeps a session that the page sends to another destination', () => {
        const carrier = { baggage: 'session.id=own,a=1' }
        propagatorOf(() => 'abc').inject(requestTo(url), carrier, defaultTextMapSetter)
        assert.deepEqual(carrier, { baggage: 'session.id=own,a=1' })
      })

      it('takes the session back where fetch instrumentation hides the headers that go out', () => {
        const propagator = propagatorOf(() => 'abc', { allowedUrls: [url] })
        const [own, none] = [new Headers({ baggage: 'a=1' }), new Headers()]
        propagator.inject(requestTo(url), own, headersSetter)
        propagator.inject(requestTo(url), none, headersSetter)
        for (let i = 0; i < 200; i++) propagator.inject(requestTo(url), new Headers(), headersSetter)
        propagator.inject(requestTo('https://other.example/'), {}, defaultTextMapSetter)
        assert.deepEqual([own.get('baggage'), none.get('baggage')], ['a=1', null])

        const later = new Headers()
        propagator.inject(requestTo(url), later, headersSetter)
        const elsewhere: { baggage?: string } = {}
        propagator.inject(
          requestTo('https://other.example/', withEntries({ k: 'v' })),
          elsewhere,
          defaultTextMapSetter,
        )
        assert.deepEqual([later.get('baggage'), elsewhere.baggage], [null, 'k=v'])
      })

      it('takes the session back even if other headers became immutable', () => {
        const propagator = propagatorOf(() => 'abc', { allowedUrls: [url] })
        const [broken, good] = [new Headers(), new Headers()]
        for (const headers of [broken, good]) propagator.inject(requestTo(url), headers, headersSetter)
        broken.delete = () => {
          throw new TypeError('immutable')
        }
        const carrier: { baggage?: string } = {}
        propagator.inject(
          requestTo('https://other.example/', withEntries({ k: 'v' })),
          carrier,
          defaultTextMapSetter,
        )
        assert.deepEqual([good.get('baggage'), carrier.baggage], [null, 'k=v'])
      })

      it('removes the session from headers that went to an allowed URL before', () => {
        const propagator = propagatorOf(() => 'abc', { allowedUrls: [url] })
        const headers = new Headers({ baggage: 'a=1' })
        propagator.inject(requestTo(url), headers, headersSetter)
        assert.equal(headers.get('baggage'), 'session.id=abc,a=1')
        propagator.inject(requestTo('https://other.example/'), headers, headersSetter)
        assert.equal(headers.get('baggage'), 'a=1')
      })

      it("sends no session to an unknown URL with whenUrlUnknown: 'skip'", () => {
        const carrier = {}
        propagatorOf(() => 'abc', { whenUrlUnknown: 'skip' }).inject(entries, carrier, defaultTextMapSetter)
        assert.deepEqual(carrier, { baggage: 'k=v' })
      })
    })

    describe('into a carrier', () => {
      const entries = withEntries({ k: 'v' })
      const propagator = propagatorOf(() => 'abc')
      const whole = 'session.id=abc,a=1,k=v'

      it('writes into Headers', () => {
        const carrier = new Headers({ Baggage: 'a=1' })
        propagator.inject(entries, carrier, headersSetter)
        assert.equal(carrier.get('baggage'), whole)
      })

      for (const name of ['baggage', 'Baggage', 'BAGGAGE']) {
        it(`writes into an object and a Map under the key ${name}`, () => {
          const object = { accept: '*/*', [name]: 'a=1' }
          propagator.inject(entries, object, defaultTextMapSetter)
          assert.deepEqual(object, { accept: '*/*', [name]: whole })
          const bare: Record<string, string> = Object.assign(Object.create(null), { [name]: 'a=1' })
          propagator.inject(entries, bare, defaultTextMapSetter)
          assert.deepEqual({ ...bare }, { [name]: whole })
          const map = new Map([[name, 'a=1']])
          propagator.inject(entries, map, { set: (carrier, key, value) => carrier.set(key, value) })
          assert.deepEqual([...map], [[name, whole]])
        })
      }

      it('merges several spellings of the header into one', () => {
        const set = (carrier: Map<string, unknown>, key: string, value: string) => carrier.set(key, value)
        for (const [headers, expected] of [
          [{ baggage: 'session.id=old,a=1', Baggage: 'b=2' }, { baggage: 'session.id=abc,a=1,b=2,k=v' }],
          [
            { BAGGAGE: 'a=1', accept: '*/*', Baggage: undefined, baggage: null },
            { BAGGAGE: whole, accept: '*/*' },
          ],
          [{ Baggage: undefined, baggage: 'a=1' }, { Baggage: whole }],
          [{ Baggage: '', baggage: ['a=1'] }, { Baggage: whole }],
          [{ Baggage: undefined, baggage: null }, { Baggage: 'session.id=abc,k=v' }],
        ] as [Record<string, unknown>, object][]) {
          const map = new Map(Object.entries(headers))
          propagator.inject(entries, headers, defaultTextMapSetter)
          assert.deepEqual(headers, expected)
          propagator.inject(entries, map, { set })
          assert.deepEqual(Object.fromEntries(map), expected)
        }
      })

      it('reads a header that is an array', () => {
        assert.equal(inject('abc', ['a=1', 'session.id=x', 'b=2'], entries), 'session.id=abc,a=1,b=2,k=v')
      })

      it('calls the setter if the carrier is undefined', () => {
        const calls: unknown[] = []
        propagator.inject(entries, undefined, { set: (...call) => calls.push(call) })
        assert.deepEqual(calls, [[undefined, 'baggage', 'session.id=abc,k=v']])
      })
    })

    describe('never throws', () => {
      const throwing = () => {
        throw new Error('broken')
      }
      const hostile = new Proxy({}, { get: throwing, set: throwing, ownKeys: throwing, has: throwing })
      const propagator = propagatorOf(() => 'abc')

      for (const [name, carrier] of Object.entries({
        'a Proxy': hostile,
        'a frozen object': Object.freeze({ baggage: 'a=1' }),
        'a throwing getter': Object.defineProperty({}, 'baggage', { enumerable: true, get: throwing }),
        'a header without a text': { baggage: Object.create(null) },
        'a symbol': { baggage: Symbol('x') },
        'a number': 5,
        null: null,
      })) {
        it(`accepts a carrier that is or has ${name}`, () =>
          propagator.inject(ROOT_CONTEXT, carrier, defaultTextMapSetter))
      }

      it('accepts a setter that throws', () => propagator.inject(ROOT_CONTEXT, {}, { set: throwing }))

      it('accepts a context that throws', () =>
        propagator.inject(hostile as Context, {}, defaultTextMapSetter))

      it('sends the session if the Baggage of the context throws', () => {
        const entry = {
          get value(): string {
            return throwing()
          },
        }
        const good: [string, unknown] = ['k', { value: 'v' }]
        const metadata: [string, unknown] = ['m', { value: 'v', metadata: { toString: throwing } }]
        for (const [getAllEntries, expected] of [
          [throwing, 'session.id=abc'],
          [() => 5, 'session.id=abc'],
          [() => [null], 'session.id=abc'],
          [() => [['x', entry], good], 'session.id=abc,k=v'],
          [() => [['x', undefined], [Symbol('x'), {}], ['', { value: 'v' }], good], 'session.id=abc,k=v'],
          [() => [['n', { value: 5 }], good], 'session.id=abc,n=5,k=v'],
          [() => [metadata, good], 'session.id=abc,k=v'],
        ] as const) {
          const broken = propagation.setBaggage(ROOT_CONTEXT, { getAllEntries } as unknown as Baggage)
          assert.equal(inject('abc', undefined, broken), expected)
        }
      })
    })

    it('keeps every member of any header byte for byte and in order', () => {
      const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/)
      const value = fc.stringMatching(/^[!#-+\--:<-[\]-~]{0,20}$/)
      const property = fc.tuple(token, fc.option(value)).map(([key, v]) => (v === null ? key : `${key}=${v}`))
      const member = fc
        .tuple(token, value, fc.array(property, { maxLength: 3 }))
        .map(([key, v, properties]) => [`${key}=${v}`, ...properties].join(';'))
      const key = fc.string({ unit: 'grapheme', minLength: 1 })
      const entries = fc.dictionary(key, fc.string({ unit: 'grapheme' }), { maxKeys: 5 })
      fc.assert(
        fc.property(fc.array(member, { maxLength: 20 }), entries, (members, fromContext) => {
          const header = String(inject('abc', members.join(), withEntries(fromContext)))
          const [first, ...rest] = header.split(',')
          assert.equal(first, 'session.id=abc')
          assert.deepEqual(rest.slice(0, members.length), members)
          assert.equal(inject('abc', header, withEntries(fromContext)), header)
          const read = new W3CBaggagePropagator().extract(
            ROOT_CONTEXT,
            { baggage: header },
            defaultTextMapGetter,
          )
          for (const [name, text] of Object.entries(fromContext)) {
            if (name.trim() !== name || text.trim() === '' || members.length > 0 || name === '__proto__')
              continue
            assert.equal(propagation.getBaggage(read)?.getEntry(name)?.value, text)
          }
        }),
      )
    })

    it('writes a valid header or none for any input', () => {
      const anything = fc.string({ unit: 'binary', maxLength: 300 })
      fc.assert(
        fc.property(anything, anything, fc.dictionary(anything, anything), (id, header, entries) => {
          const written = inject(id, header, withEntries(entries))
          if (written === header) return
          assert.doesNotThrow(() => new Headers({ baggage: String(written) }))
        }),
        { numRuns: 1_000 },
      )
    })
  })

  describe('extract', () => {
    const propagator = propagatorOf(() => 'abc')

    function extract(header: unknown, by: { extract: W3CBaggagePropagator['extract'] } = propagator) {
      const read = by.extract(ROOT_CONTEXT, { baggage: header }, defaultTextMapGetter)
      const entries = propagation.getBaggage(read)?.getAllEntries() ?? []
      return entries.map(([key, entry]) => [key, entry.value, entry.metadata?.toString()])
    }

    it('reads empty values, properties and invalid UTF-8 as the W3C text asks', () => {
      assert.deepEqual(extract('a=1;p=1;q,b=,__proto__=x,c=%ff,session.id=s'), [
        ['a', '1', 'p=1;q'],
        ['b', '', undefined],
        ['__proto__', 'x', undefined],
        ['c', '\ufffd', undefined],
        ['session.id', 's', undefined],
      ])
      assert.equal(({} as { value?: unknown }).value, undefined)
    })

    it('reads properties that inject writes again without the blanks around them', () => {
      const header = 'a=1;\tp=1\t; q\t=\t2,b=2;p'
      const read = propagator.extract(ROOT_CONTEXT, { baggage: header }, defaultTextMapGetter)
      assert.equal(inject(undefined, undefined, read), 'a=1;p=1;q\t=\t2,b=2;p')
    })

    it('reads repeated headers', () =>
      assert.deepEqual(
        extract(['a=1', 'b=2']).map(([key]) => key),
        ['a', 'b'],
      ))

    it('returns the same context if the header has no member', () => {
      const parent = withEntries({ k: 'v' })
      for (const baggage of [undefined, null, '', ',,', 'a', '=1', [], 5, Object.create(null), Symbol('x')]) {
        assert.equal(propagator.extract(parent, { baggage }, defaultTextMapGetter), parent)
      }
      const get = () => assert.fail()
      assert.equal(propagator.extract(parent, {}, { get, keys: () => [] }), parent)
    })

    it('reads every entry that W3CBaggagePropagator reads', () => {
      const part = fc.constantFrom(
        ',',
        ';',
        '=',
        '%',
        '%20',
        '%ff',
        ' ',
        'a',
        'b',
        'key',
        'é',
        '"',
        '\\',
        '__proto__',
      )
      const header = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(part, { maxLength: 40 }).map((p) => p.join('')),
      )
      fc.assert(
        fc.property(fc.oneof(header, fc.array(header, { maxLength: 3 })), (value) => {
          const read = new Map(extract(value).map(([key, ...rest]) => [key, rest]))
          const seen = extract(value, new W3CBaggagePropagator())
          for (const [key, ...rest] of seen) {
            // W3CBaggagePropagator drops a later member with the same key if it is empty or does not decode.
            const value = read.get(key)?.[0]
            const laterWins = value === '' || value?.includes('\ufffd') || value?.includes('%')
            if (!laterWins) assert.deepEqual(read.get(key), rest)
            assert.ok(read.has(key))
          }
        }),
        { numRuns: 3_000 },
      )
    })
  })

  it('has one field, baggage', () => assert.deepEqual(propagatorOf(() => '').fields(), ['baggage']))

  describe('constructor', () => {
    for (const [option, values] of Object.entries({
      sessionProvider: [null, {}, 'abc', { getSessionId: 'abc' }],
      allowedUrls: [null, 'https://api.example.com', ['/api']],
      whenUrlUnknown: [null, '', 'Skip', true],
    })) {
      it(`throws an error that names ${option}`, () => {
        for (const value of values) {
          const create = () => new SessionBaggagePropagator({ [option]: value })
          assert.throws(create, { name: 'TypeError', message: new RegExp(option) })
        }
      })
    }

    it('throws an error that names an unknown option and lists the known ones', () => {
      for (const config of [{ allowedUrl: [] }, 'abc', ['abc']]) {
        assert.throws(() => new SessionBaggagePropagator(config as object), {
          name: 'TypeError',
          message: /^\w+ is not an option: use sessionProvider, allowedUrls, whenUrlUnknown$/,
        })
      }
    })

    it('accepts no options', () => {
      const carrier = {}
      new SessionBaggagePropagator().inject(context.active(), carrier, defaultTextMapSetter)
      assert.deepEqual(carrier, {})
    })
  })
})

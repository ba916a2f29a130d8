import assert from 'node:assert/strict'
import { Metadata } from '@grpc/grpc-js'
import { headersOf, removeRumMembers } from '../src/carrier-baggage.js'

describe('removeRumMembers', () => {
  const headers: [string, string | undefined][] = [
    ['session.id=a', undefined],
    ['session.id=a,tenant=1', 'tenant=1'],
    ['tenant=1,session.id=a;prop=x', 'tenant=1'],
    ['tenant=1;p=2 , session.id = a , team=%20', 'tenant=1;p=2 , team=%20'],
    ['session.id=a,session.id=b', undefined],
    ['session%2Eid=a,tenant=1', 'tenant=1'],
    ['my.session.id=a', 'my.session.id=a'],
    ['session.identity=a', 'session.identity=a'],
    ['tenant=session.id', 'tenant=session.id'],
    ['tenant=1;session.id=x', 'tenant=1;session.id=x'],
    ['%E0%A4=1,session.id=a', '%E0%A4=1'],
    ['broken', 'broken'],
    ['session.idx', 'session.idx'],
    ['session.id=a,session.idx', 'session.idx'],
    ['user.id=b,account.id=c', 'user.id=b,account.id=c'],
    ['session.id;p=1,user.id=b', 'session.id;p=1,user.id=b'],
    ['SESSION.ID=a,user.id=b', 'SESSION.ID=a,user.id=b'],
  ]
  for (const [header, expected] of headers) {
    it(`leaves ${expected ?? 'nothing'} of "${header}"`, () => {
      const record: Record<string, string> = { Baggage: header, accept: '*/*' }
      removeRumMembers(record, false)
      assert.deepEqual(
        record,
        expected === undefined ? { accept: '*/*' } : { Baggage: expected, accept: '*/*' },
      )

      const fetchHeaders = new Headers({ baggage: header })
      removeRumMembers(fetchHeaders, false)
      assert.equal(fetchHeaders.get('baggage'), expected ?? null)

      const map = new Map([['Baggage', header]])
      removeRumMembers(map, false)
      assert.equal(map.get('Baggage'), expected)
    })
  }

  it("removes the headers that Jaeger and OpenTracing have for RUM's entries", () => {
    for (const prefix of ['uberctx-', 'ot-baggage-']) {
      const names = ['session.id', 'user.id', 'account.id', 'tenant'].map((key) => prefix + key)
      const record = Object.fromEntries(names.map((name) => [name, 'a']))
      assert.equal(removeRumMembers(record, false), true)
      assert.deepEqual(record, { [`${prefix}tenant`]: 'a' })
      const fetchHeaders = new Headers(names.map((name) => [name, 'a'] as [string, string]))
      removeRumMembers(fetchHeaders, false)
      assert.deepEqual([...fetchHeaders.keys()], [`${prefix}tenant`])
    }
    const withoutSession = { 'uberctx-user.id': 'a' }
    assert.equal(removeRumMembers(withoutSession, false), false)
    assert.deepEqual(withoutSession, { 'uberctx-user.id': 'a' })
  })

  it('rewrites each line of a repeated header', () => {
    const record = { baggage: ['session.id=a', 'tenant=1,session.id=b'] }
    removeRumMembers(record, false)
    assert.deepEqual(record, { baggage: ['tenant=1'] })
  })

  it("rewrites gRPC's Metadata", () => {
    const metadata = new Metadata()
    metadata.add('baggage', 'session.id=a')
    metadata.add('baggage', 'tenant=1,session.id=b')
    removeRumMembers(metadata, false)
    assert.deepEqual(metadata.get('baggage'), ['tenant=1'])

    metadata.set('baggage', 'session.id=a')
    removeRumMembers(metadata, false)
    assert.deepEqual(metadata.getMap(), {})
  })

  it('keeps values other than strings', () => {
    const record = { baggage: 7 }
    removeRumMembers(record, false)
    assert.deepEqual(record, { baggage: 7 })
  })

  it('accepts any carrier', () => {
    const throwing = Object.defineProperty({}, 'baggage', {
      enumerable: true,
      get() {
        throw new Error('broken')
      },
    })
    for (const carrier of [undefined, null, 7, 'x', Object.freeze({ baggage: 'session.id=a' }), throwing]) {
      removeRumMembers(carrier, false)
    }
  })
})

describe('headersOf', () => {
  const carriers: [string, unknown, string[]][] = [
    ['every name, whatever its case', { Host: 'a', accept: '*/*', host: 'b', HOST: 'c' }, ['a', 'b', 'c']],
    ['every value of a list', { host: ['a', 'b'] }, ['a', 'b']],
    ['the value in Headers', new Headers({ Host: 'a' }), ['a']],
    ['every name in a Map', new Map(Object.entries({ Host: 'a', host: 'b' })), ['a', 'b']],
    ["the values in gRPC's Metadata", Metadata.fromHttp2Headers({ host: 'a' }), ['a']],
    ['nothing for another header', { hosts: 'a', hos: 'b', test: 'c' }, []],
    ['nothing for a value other than a string', { host: 7 }, []],
    ['nothing for Headers without the header', new Headers(), []],
    ['nothing without a carrier', undefined, []],
  ]
  for (const [what, carrier, expected] of carriers) {
    it(`returns ${what}`, () => assert.deepEqual(headersOf(carrier, 'host'), expected))
  }

  it('returns nothing for a carrier that throws', () => {
    const throwing = {
      get host(): string {
        throw new Error('broken')
      },
    }
    assert.deepEqual(headersOf(throwing, 'host'), [])
  })
})

import assert from 'node:assert/strict'
import { defaultTextMapGetter, propagation, ROOT_CONTEXT } from '@opentelemetry/api'
import { W3CBaggagePropagator } from '@opentelemetry/core'
import fc from 'fast-check'
import { baggageValues, memberKey, withoutRumMembers } from '../src/baggage-header.js'

const baggageMember = (header: unknown, key: string) => baggageValues(header, key).at(-1)

describe('baggageValues', () => {
  it('returns all values of a key in order', () => {
    assert.deepEqual(baggageValues('session.id=a,b=1,session%2Eid=c,session.id=', 'session.id'), ['a', 'c'])
  })

  const cases: [header: unknown, value: string | undefined][] = [
    ['session.id=a', 'a'],
    [' tier = gold , session.id = a ;ttl=1;x', 'a'],
    ['session.id=%61%2Cb', 'a,b'],
    ['session.id=a=b', 'a=b'],
    ['session.id=a,session.id=b', 'b'],
    ['session.id=abc,session%2Eid=1', '1'],
    ['%73ession%2eid=abc', 'abc'],
    ['%zzsession.id=abc', undefined],
    ['session.id;p=x', undefined],
    ['x;session.id=abc', undefined],
    [';session.id=abc', undefined],
    ['session.id=a,session.id=,session.id=%zz', 'a'],
    [['tier=gold', 'session.id=a'], 'a'],
    [['session.id=a', 7, undefined], 'a'],
    [',,=,;,session.id', undefined],
    ['session.id', undefined],
    ['session.id=;a=b', undefined],
    ['session.id=%E0%A4%A', undefined],
    ['xsession.id=a,session.id.x=b,SESSION.ID=c', undefined],
    ['tier="session.id=a"', undefined],
    ['', undefined],
    [undefined, undefined],
    [42, undefined],
    [{ toString: () => 'session.id=a' }, undefined],
  ]
  for (const [header, value] of cases) {
    it(`reads ${JSON.stringify(value)} from ${JSON.stringify(header)}`, () => {
      assert.equal(baggageMember(header, 'session.id'), value)
    })
  }

  it('agrees with W3CBaggagePropagator on any encoded header', () => {
    const propagator = new W3CBaggagePropagator()
    const values = fc.dictionary(
      fc.constantFrom('session.id', 'a', 'b', 'user.id'),
      fc.string({ unit: 'grapheme' }),
    )
    fc.assert(
      fc.property(values, (entries) => {
        const header = Object.entries(entries)
          .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
          .join(',')
        const context = propagator.extract(ROOT_CONTEXT, { baggage: header }, defaultTextMapGetter)
        const expected = propagation.getBaggage(context)?.getEntry('session.id')?.value
        assert.equal(baggageMember(header, 'session.id'), expected)
      }),
    )
  })

  it('agrees with W3CBaggagePropagator on any malformed header', () => {
    const propagator = new W3CBaggagePropagator()
    const piece = fc.constantFrom(
      'session.id',
      'session%2Eid',
      '%',
      '=',
      ';',
      ',',
      ' ',
      'a',
      '%61',
      '%zz',
      '\t',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const header = pieces.join('')
        const context = propagator.extract(ROOT_CONTEXT, { baggage: header }, defaultTextMapGetter)
        const expected = propagation.getBaggage(context)?.getEntry('session.id')?.value
        assert.equal(baggageMember(header, 'session.id'), expected, header)
      }),
      { numRuns: 5_000 },
    )
  })

  it('returns no value without the key, and never throws', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~]{0,60}$/), (header) => {
        assert.equal(baggageMember(header.replaceAll('session.id', ''), 'session.id'), undefined)
      }),
    )
  })
})

describe('withoutRumMembers', () => {
  const cases: [header: string, rest: string][] = [
    ['session.id=a,user.id=b,account.id=c,tenant=1', 'tenant=1'],
    ['user.id=b,session.id=a', ''],
    ['user%2Eid=b,session%2eid=a,%61ccount.id=c;p=1', ''],
    ['user.id=b,user.id=c,session.id=a,session.id=d', ''],
    ['session.id=,user.id=b', ''],
    ['session.id=a,USER.ID=b,usr.id=c,user.identity=d', 'USER.ID=b,usr.id=c,user.identity=d'],
    ['tenant=1,user.id=b', 'tenant=1'],
    ['session.id=a,,', ''],
    ['session.id=a, , ,', ''],
    ['session.id=a,,tenant=1,', ',tenant=1,'],
    ['session.id=a,tenant=1; ', 'tenant=1; '],
    ['session.id=a, tenant=1;p', 'tenant=1;p'],
    ['tenant=1;p , session.id=a', 'tenant=1;p'],
    ['tenant=1;p ,session.id=a, b=2', 'tenant=1;p , b=2'],
    ['', ''],
  ]
  for (const [header, rest] of cases) {
    it(`leaves "${rest}" of "${header}"`, () => assert.equal(withoutRumMembers(header), rest))
  }

  const key = fc.constantFrom('session.id', 'session%2Eid', 'user.id', 'account.id', 'tenant', 'a', '%zz', '')
  const blank = fc.constantFrom('', ' ', '\t')
  const member = fc
    .tuple(blank, key, fc.constantFrom('=', ' = ', ''), fc.constantFrom('', '1', '1;p= ', ';', '%20'), blank)
    .map((parts) => parts.join(''))

  it('keeps every other member byte for byte and in order, except blanks at the ends', () => {
    fc.assert(
      fc.property(fc.array(member, { maxLength: 8 }), (members) => {
        const header = members.join(',')
        const rest = withoutRumMembers(header)
        const kept = members.filter(
          (text) => !['session.id', 'user.id', 'account.id'].includes(memberKey(text)),
        )
        if (kept.length === members.length) return assert.equal(rest, header)
        assert.equal(rest.trim(), /[^\s,]/.test(kept.join()) ? kept.join(',').trim() : '')
        assert.equal(withoutRumMembers(rest), rest)
      }),
      { numRuns: 5_000 },
    )
  })
})

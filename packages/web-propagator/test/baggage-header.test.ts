import assert from 'node:assert/strict'
import { baggageEntryMetadataFromString } from '@opentelemetry/api'
import fc from 'fast-check'
import { encodeMember, memberKey, parseMembers } from '../src/baggage-header.js'

/** The grammar of https://www.w3.org/TR/baggage/#definition, independent of the code under test. */
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const VALUE = '[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]*'
const OWS = '[ \\t]*'
const LIST_MEMBER = new RegExp(
  `^${OWS}${TOKEN}${OWS}=${OWS}${VALUE}${OWS}(;${OWS}${TOKEN}${OWS}(=${OWS}${VALUE}${OWS})?)*$`,
)

const anyText = fc.string({ unit: 'binary' })
const wellFormedText = fc.string({ unit: 'grapheme' })

function entry(value: string, metadata?: string) {
  return metadata === undefined ? { value } : { value, metadata: baggageEntryMetadataFromString(metadata) }
}

describe('baggage-header', () => {
  describe('encodeMember', () => {
    for (const [key, value, metadata, expected] of [
      ['tenant', 'acme', undefined, 'tenant=acme'],
      ['tenant', '', undefined, 'tenant='],
      ['a b(c)', 'd,e;f=g"h\\i%', undefined, 'a%20b%28c%29=d%2Ce%3Bf%3Dg%22h%5Ci%25'],
      ['k', 'é😀', undefined, 'k=%C3%A9%F0%9F%98%80'],
      ['k', 'a\r\nx: y', undefined, 'k=a%0D%0Ax%3A%20y'],
      ['k', 'v', 'ttl=60', 'k=v;ttl=60'],
      ['k', 'v', 'a;b=c%20; d', 'k=v;a;b=c%20;d'],
      ['k', 'v', '\tp=1\t;\tq\t=\t2\t', 'k=v;p=1;q\t=\t2'],
      ['k', 'v', '', 'k=v'],
      ['k', 'v', 'free text', 'k=v'],
      ['k', 'v', 'p=1,session.id=x', 'k=v'],
      ['k', 'v', 'p=1\r\nx: y', 'k=v'],
      ['k', 'v', '=1', 'k=v'],
      ['k', 'v', 'p;', 'k=v;p'],
      ['k', 'v', ';p', 'k=v;p'],
      ['k', 'v', 'p;;q', 'k=v;p;q'],
      ['k', 'v', ' ; p ; ', 'k=v;p'],
      ['k', 'v', ';', 'k=v'],
      ['k', 'v', 'p;free text;q=1', 'k=v;p;q=1'],
      ['k', 'v', 'p=1,x;q=;r= ;s=a b', 'k=v;q=;r='],
      ['k', 'v', 'p;x\r\ny: z;q', 'k=v;p;q'],
      ['k', 'v', 'p\r\n', 'k=v;p'],
      ['k', 'v', 'é', 'k=v'],
    ] as const) {
      it(`writes ${JSON.stringify([key, value, metadata])} as ${expected}`, () => {
        assert.equal(encodeMember(key, entry(value, metadata)), expected)
      })
    }

    it('returns an empty string for an entry that cannot be encoded', () => {
      const throwing = Object.defineProperty({}, 'value', { get: () => assert.fail() }) as { value: string }
      for (const bad of [null, undefined, throwing, { value: Symbol('x') }, { value: '\ud800' }]) {
        assert.equal(encodeMember('k', bad as { value: string }), '')
      }
      assert.equal(encodeMember('\ud800', { value: 'v' }), '')
    })

    it('writes any entry by the W3C grammar, and parseMembers reads it back', () => {
      fc.assert(
        fc.property(
          wellFormedText,
          wellFormedText,
          fc.option(anyText, { nil: undefined }),
          (key, value, metadata) => {
            fc.pre(key.trim() !== '')
            const member = encodeMember(key, entry(value, metadata))
            assert.match(member, LIST_MEMBER)
            const [read, ...rest] = parseMembers(member)
            assert.deepEqual(read?.slice(0, 2), [key, value])
            assert.deepEqual(rest, [])
          },
        ),
        { numRuns: 2_000 },
      )
    })
  })

  describe('memberKey', () => {
    for (const [member, key] of [
      ['session.id=x', 'session.id'],
      [' \tsession.id\t = x', 'session.id'],
      ['session%2Eid=x;p', 'session.id'],
      ['%73ession%2eid', 'session.id'],
      ['session.id;p=1', 'session.id'],
      ['session%252Eid=x', 'session%2Eid'],
      ['Session.Id=x', 'Session.Id'],
      ['a+b%26c%2B=x', 'a+b&c+'],
      ['%=x', '%'],
      ['%ff=x', '\ufffd'],
      ['', ''],
    ] as const) {
      it(`returns ${key} for ${JSON.stringify(member)}`, () => assert.equal(memberKey(member), key))
    }
  })

  describe('parseMembers', () => {
    for (const [header, expected] of [
      ['a=1', [['a', '1', '']]],
      [
        'a=1,b=2;p=1;q',
        [
          ['a', '1', ''],
          ['b', '2', 'p=1;q'],
        ],
      ],
      [
        ' a = 1 ; p , b=2',
        [
          ['a', '1', ' p '],
          ['b', '2', ''],
        ],
      ],
      ['a=b=c', [['a', 'b=c', '']]],
      ['a=', [['a', '', '']]],
      [
        'a=%ff%41,b=2',
        [
          ['a', '\ufffdA', ''],
          ['b', '2', ''],
        ],
      ],
      [
        'a=100%,b=%zz',
        [
          ['a', '100%', ''],
          ['b', '%zz', ''],
        ],
      ],
      ['a=1+1%262%2B', [['a', '1+1&2+', '']]],
      ['a=%EF%BB%BFx', [['a', '\ufeffx', '']]],
      ['a%3Db=%2C%3B', [['a=b', ',;', '']]],
      [',, a,=1, =2,;p=1,a;b=c,', []],
    ] as const) {
      it(`reads ${JSON.stringify(header)}`, () => assert.deepEqual(parseMembers(header), expected))
    }
  })

  it('parses and encodes 100,000 characters in linear time', () => {
    // A regular expression that backtracks would run for minutes and exceed the timeout below.
    for (const part of [
      ',',
      '=',
      ';',
      ' ',
      '%',
      '%41',
      'a',
      'a=',
      'a;',
      '\t ',
      'a=1;p=1;',
      'session.id=',
      '%ff',
    ]) {
      const header = part.repeat(100_000 / part.length)
      parseMembers(header)
      header.split(',').forEach(memberKey)
      encodeMember('k', entry('v', header))
    }
  }).timeout(2_000)
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { mergeMembers } from '../src/merge-members.js'
import { baggageOf } from './inject-arguments.js'

const SESSION = 'session.id=abc'
const anyText = fc.string({ unit: 'binary' })
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `k${index}=v`)

describe('mergeMembers', () => {
  it('writes at most 64 members of page and context', () => {
    assert.equal(mergeMembers(SESSION, numbered(70).join(), undefined), [SESSION, ...numbered(63)].join())
    const entries = Object.fromEntries(numbered(70).map((member) => member.split('=') as [string, string]))
    assert.equal(mergeMembers('', '', baggageOf(entries)), numbered(64).join())
    assert.equal(mergeMembers(SESSION, '', baggageOf(entries)), [SESSION, ...numbered(63)].join())
    assert.equal(mergeMembers('', numbered(60).join(), baggageOf(entries)), numbered(64).join())
  })

  it('writes at most 8192 bytes', () => {
    const room = 8192 - SESSION.length - ',a='.length
    for (const [length, fits] of [
      [room, true],
      [room + 1, false],
    ] as const) {
      const value = 'x'.repeat(length)
      const expected = fits ? `${SESSION},a=${value}` : SESSION
      assert.equal(mergeMembers(SESSION, `a=${value}`, undefined), expected)
      assert.equal(mergeMembers(SESSION, '', baggageOf({ a: value })), expected)
    }
  })

  it('drops a member that is too long and keeps the next one', () => {
    const long = 'x'.repeat(8192)
    assert.equal(mergeMembers(SESSION, `a=1,b=${long},c=3`, undefined), `${SESSION},a=1,c=3`)
    assert.equal(mergeMembers('', '', baggageOf({ a: '1', b: long, c: '3' })), 'a=1,c=3')
  })

  it('drops blank members and members with characters that a header cannot hold', () => {
    const page = 'a=1,,\t ,b=\r\nx: y,c=\0,d=日,e=\xe9,f=\t1'
    assert.equal(mergeMembers(SESSION, page, undefined), `${SESSION},a=1,e=\xe9,f=\t1`)
  })

  it('keeps the header of the page without a session, and adds nothing to an invalid one', () => {
    for (const page of ['a=1,, b=2;p', `a=${'x'.repeat(9000)}`, 'a=日']) {
      for (const session of ['', undefined]) assert.equal(mergeMembers(session, page, undefined), page)
    }
    assert.equal(mergeMembers('', 'a=日', baggageOf({ k: 'v' })), 'a=日')
    assert.equal(mergeMembers('', 'a=1,, b=2;p', baggageOf({ k: 'v' })), 'a=1,, b=2;p,k=v')
  })

  it('removes only the session that was sent last if there is none now', () => {
    mergeMembers('session.id=before', '', undefined)
    mergeMembers(SESSION, '', undefined)
    mergeMembers('', '', undefined)
    const page = 'a=1, session.id=abc ,session.id=before,session%2Eid=abc'
    for (const session of ['', undefined]) {
      assert.equal(mergeMembers(session, page, undefined), 'a=1,session.id=before,session%2Eid=abc')
    }
  })

  it('merges again when the session, the header or the baggage changes', () => {
    const [one, two] = [baggageOf({ k: 'one' }), baggageOf({ k: 'two' })]
    assert.equal(mergeMembers(SESSION, 'a=1', one), `${SESSION},a=1,k=one`)
    assert.equal(mergeMembers(SESSION, 'a=1', two), `${SESSION},a=1,k=two`)
    assert.equal(mergeMembers(SESSION, 'a=2', two), `${SESSION},a=2,k=two`)
    assert.equal(mergeMembers('', 'a=2', two), 'a=2,k=two')
    assert.equal(mergeMembers(undefined, 'a=2', undefined), 'a=2')
  })

  it('writes a valid header within the limits for any members', () => {
    const member = fc.oneof(anyText, fc.string({ minLength: 500, maxLength: 3000 }))
    fc.assert(
      fc.property(fc.array(member, { maxLength: 99 }), fc.dictionary(anyText, member), (members, entries) => {
        const header = mergeMembers(SESSION, members.join(), baggageOf(entries))
        assert.ok(header.split(',').length <= 64 && Buffer.byteLength(header, 'latin1') <= 8192)
        assert.ok(header === SESSION || header.startsWith(`${SESSION},`))
        assert.equal(new Headers({ baggage: header }).get('baggage'), header)
      }),
    )
  })

  it('merges 100,000 characters in linear time', () => {
    for (const part of [',', '=', ';', ' ', '%', '%41', 'a=,', 'a=1,', 'a;', '\t ', 'session.id=,', '%ff,']) {
      const header = part.repeat(100_000 / part.length)
      for (const session of [SESSION, '']) mergeMembers(session, header, baggageOf({ k: 'v' }))
    }
  }).timeout(4_000)
})

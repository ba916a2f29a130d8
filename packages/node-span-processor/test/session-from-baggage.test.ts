import assert from 'node:assert/strict'
import { isSessionId, sessionIdValidator, validSessionId } from '../src/session-from-baggage.js'

const SESSION = 'f2a1c3d4-0000-4000-8000-00000000000a'
const boom = () => {
  throw new Error('broken')
}

describe('isSessionId', () => {
  for (const value of [SESSION, 'a', 'A_b-9', 'a'.repeat(128)]) {
    it(`accepts ${value.slice(0, 40)}`, () => assert.equal(isSessionId(value), true))
  }
  for (const value of [
    '',
    'a'.repeat(129),
    'a b',
    'a,b',
    'a\n',
    '\na',
    'a\r\nb',
    'é',
    'a%20',
    'a=b',
    'a;b',
    '\0',
  ]) {
    it(`refuses ${JSON.stringify(value.slice(0, 40))}`, () => assert.equal(isSessionId(value), false))
  }
  it('takes linear time for 1 MB', () => assert.equal(isSessionId('a'.repeat(1_000_000)), false))
})

describe('sessionIdValidator', () => {
  it('returns isSessionId by default', () => assert.equal(sessionIdValidator(undefined), isSessionId))
  it('returns the given function', () => assert.equal(sessionIdValidator(boom), boom))
  for (const invalid of [null, /x/, 'x', 1, {}]) {
    it(`refuses ${String(invalid)}`, () => {
      assert.throws(() => sessionIdValidator(invalid), { name: 'TypeError', message: /isValidSessionId/ })
    })
  }
})

describe('validSessionId', () => {
  it('returns the value that the validator accepts', () => {
    assert.equal(
      validSessionId('x y', (value) => value === 'x y'),
      'x y',
    )
  })
  it('returns undefined if the validator throws or returns anything but true', () => {
    assert.equal(validSessionId(SESSION, boom), undefined)
    assert.equal(validSessionId(SESSION, (() => 1) as never), undefined)
  })
  it('returns undefined for values other than strings without calling the validator', () => {
    for (const value of [undefined, null, 7, {}, [SESSION]]) {
      assert.equal(
        validSessionId(value, () => true),
        undefined,
      )
    }
  })
})

import assert from 'node:assert/strict'
import { removeSessionMember } from '../src/carrier-baggage.js'

describe('removeSessionMember', () => {
  const headers: [string, string | undefined][] = [
    ['session.id=a', undefined],
    ['session.id=a,tenant=1', 'tenant=1'],
    ['tenant=1,session.id=a;prop=x', 'tenant=1'],
    ['tenant=1;p=2 , session.id = a , user.id=%20', 'tenant=1;p=2 , user.id=%20'],
    ['session.id=a,session.id=b', undefined],
    ['session%2Eid=a,tenant=1', 'tenant=1'],
    ['my.session.id=a', 'my.session.id=a'],
    ['session.identity=a', 'session.identity=a'],
    ['tenant=session.id', 'tenant=session.id'],
    ['tenant=1;session.id=x', 'tenant=1;session.id=x'],
    ['%E0%A4=1,session.id=a', '%E0%A4=1'],
    ['broken', 'broken'],
  ]
  for (const [header, expected] of headers) {
    it(`leaves ${expected ?? 'nothing'} of "${header}"`, () => {
      const record: Record<string, string> = { Baggage: header, accept: '*/*' }
      removeSessionMember(record)
      assert.deepEqual(
        record,
        expected === undefined ? { accept: '*/*' } : { Baggage: expected, accept: '*/*' },
      )

      const fetchHeaders = new Headers({ baggage: header })
      removeSessionMember(fetchHeaders)
      assert.equal(fetchHeaders.get('baggage'), expected ?? null)

      const map = new Map([['Baggage', header]])
      removeSessionMember(map)
      assert.equal(map.get('Baggage'), expected)
    })
  }

  it('cleans each line of a repeated header', () => {
    const record = { baggage: ['session.id=a', 'tenant=1,session.id=b'] }
    removeSessionMember(record)
    assert.deepEqual(record, { baggage: ['tenant=1'] })
  })

  it('leaves values that are no strings', () => {
    const record = { baggage: 7 }
    removeSessionMember(record)
    assert.deepEqual(record, { baggage: 7 })
  })

  it('survives any carrier', () => {
    const throwing = Object.defineProperty({}, 'baggage', {
      enumerable: true,
      get() {
        throw new Error('broken')
      },
    })
    for (const carrier of [undefined, null, 7, 'x', Object.freeze({ baggage: 'session.id=a' }), throwing]) {
      removeSessionMember(carrier)
    }
  })
})

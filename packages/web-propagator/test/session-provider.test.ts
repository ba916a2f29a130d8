import assert from 'node:assert/strict'
import { defaultTextMapSetter, diag, ROOT_CONTEXT } from '@opentelemetry/api'
import { sessionReader } from '../src/session-provider.js'
import { collectWarnings, newPage } from './new-page.js'

const read = (id: unknown) => sessionReader({ getSessionId: () => id as string }, () => true)(ROOT_CONTEXT)

describe('sessionReader', () => {
  for (const [name, id, member] of [
    ['a UUID', '3f0f9f5e-5b0c-4a0e-9d5e-0c8f1c1e2a3b', 'session.id=3f0f9f5e-5b0c-4a0e-9d5e-0c8f1c1e2a3b'],
    ['256 characters', 'x'.repeat(256), `session.id=${'x'.repeat(256)}`],
    ['text beyond ASCII', 'séance 😀', 'session.id=s%C3%A9ance%20%F0%9F%98%80'],
    ['the separators of baggage', 'a,b;c=d "e\\', 'session.id=a%2Cb%3Bc%3Dd%20%22e%5C'],
  ] as const) {
    it(`encodes ${name}`, () => assert.equal(read(id), member))
  }

  for (const [name, id] of Object.entries({
    undefined,
    null: null,
    'an empty string': '',
    'a number': 7,
    'a String object': new String('abc'),
    'a promise': Promise.resolve('abc'),
    '257 characters': 'x'.repeat(257),
    'a line break': 'a\nb',
    'a NUL': 'a\0',
    'a DEL': 'a\x7f',
    'a C1 control': 'a\x85',
    'a lone high surrogate': 'a\ud83d',
    'a lone low surrogate': '\ude00a',
  })) {
    it(`takes ${name} for no session`, () => assert.equal(read(id), ''))
  }

  it('reads the session of the provider at each call', () => {
    const ids = ['one', undefined, 'one', '', 'two', 'two']
    const session = sessionReader({ getSessionId: () => ids.shift() }, () => true)
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map(() => session(ROOT_CONTEXT)),
      ['session.id=one', '', 'session.id=one', '', 'session.id=two', 'session.id=two'],
    )
  })

  it('does not ask the provider for a request that must not carry the session', () => {
    const getSessionId = () => assert.fail()
    assert.equal(sessionReader({ getSessionId }, () => false)(ROOT_CONTEXT), undefined)
  })

  describe('for an id that backends refuse by default', () => {
    afterEach(() => diag.disable())

    for (const id of ['u.1:42', 'u.1', 'a b', 'é', 'x'.repeat(129), 'user@example.com']) {
      it(`sends the id and warns once without quoting it: ${id.slice(0, 20)}`, () => {
        const warnings = collectWarnings()
        const { SessionBaggagePropagator } = newPage()
        for (let copy = 0; copy < 2; copy++) {
          const ids = [id, 'fine', id, `${id}2`]
          const sessionProvider = { getSessionId: () => ids.shift() }
          const propagator = new SessionBaggagePropagator({ sessionProvider, whenUrlUnknown: 'inject' })
          for (const expected of [...ids]) {
            const carrier: { baggage?: string } = {}
            propagator.inject(ROOT_CONTEXT, carrier, defaultTextMapSetter)
            assert.equal(carrier.baggage, `session.id=${encodeURIComponent(expected)}`)
          }
        }
        assert.equal(warnings.length, 1)
        assert.match(String(warnings), /@rum-llmobs\/web-propagator.*isValidSessionId/)
        assert.ok(!String(warnings).includes(id))
      })
    }

    it('does not warn of an id that backends accept, nor of one that is not sent', () => {
      const warnings = collectWarnings()
      const { SessionBaggagePropagator } = newPage()
      for (const id of [
        '3f0f9f5e-5b0c-4a0e',
        'x'.repeat(128),
        'A_z-9',
        '',
        undefined,
        'x\n',
        'x'.repeat(257),
      ]) {
        const sessionProvider = { getSessionId: () => id }
        new SessionBaggagePropagator({ sessionProvider, whenUrlUnknown: 'inject' }).inject(
          ROOT_CONTEXT,
          {},
          defaultTextMapSetter,
        )
      }
      assert.deepEqual(warnings, [])
    })

    it('sends the id even if the logger throws', () => {
      const fail = () => {
        throw new Error('broken logger')
      }
      diag.setLogger(
        { error: fail, warn: fail, info: fail, debug: fail, verbose: fail },
        { suppressOverrideMessage: true },
      )
      const { SessionBaggagePropagator } = newPage()
      const sessionProvider = { getSessionId: () => 'u.1:42' }
      const propagator = new SessionBaggagePropagator({ sessionProvider, whenUrlUnknown: 'inject' })
      propagator.inject(ROOT_CONTEXT, {}, defaultTextMapSetter)
      const carrier: { baggage?: string } = {}
      propagator.inject(ROOT_CONTEXT, carrier, defaultTextMapSetter)
      assert.equal(carrier.baggage, 'session.id=u.1%3A42')
    })
  })
})

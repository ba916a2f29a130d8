import assert from 'node:assert/strict'
import { defaultTextMapSetter, propagation, ROOT_CONTEXT } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { SessionBaggagePropagator } from '../src/session-baggage-propagator.js'

const withEntry = propagation.setBaggage(
  ROOT_CONTEXT,
  propagation.createBaggage({ tenant: { value: 'a b' }, 'session.id': { value: 'old' } }),
)

function propagator(id: string | undefined = 'abc') {
  return new SessionBaggagePropagator({
    sessionProvider: { getSessionId: () => id },
    whenUrlUnknown: 'inject',
  })
}

describe('SessionBaggagePropagator', () => {
  describe('inject', () => {
    it('puts the session first, then the header as it was, then the context', () => {
      const carrier = { Baggage: 'k=v;p=1, session%2Eid = other ;x, z=%20' }
      propagator().inject(withEntry, carrier, defaultTextMapSetter)
      assert.deepEqual(carrier, { Baggage: 'session.id=abc,k=v;p=1, z=%20,tenant=a%20b' })
    })

    it('writes nothing when tracing is suppressed', () => {
      const carrier = {}
      propagator().inject(suppressTracing(withEntry), carrier, defaultTextMapSetter)
      assert.deepEqual(carrier, {})
    })
  })
})

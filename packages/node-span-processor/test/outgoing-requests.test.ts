import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { W3CBaggagePropagator } from '@opentelemetry/core'
import { FirstPartyBaggagePropagator } from '../src/index.js'
import { runFixture } from './run-fixture.js'
import { uncaughtExceptionsOf } from './uncaught-exceptions.js'

const FULL = 'session.id=rum,user.id=ada%40example.com,tenant=acme'
const REST = 'tenant=acme'

interface Outcome {
  arrived: Record<string, { baggage: string | null; traceparent: boolean }>
  settled: Record<string, string>
  warnings: string[]
}

/** Each run has one undici, one instrumentation and one propagator. */
async function outgoing(...options: [undici: string, first: string, sampling?: string, unknown?: string]) {
  const [undici, first, sampling = 'on', unknown = 'strip'] = options
  return runFixture<Outcome>('undici-requests', [undici, first, sampling, unknown])
}

const FETCH: Record<string, string> = {
  fetch: REST,
  'fetch-slashes': REST,
  'fetch-inside': FULL,
  'fetch-inside-slashes': FULL,
  // fetch does not send this header.
  'fetch-host': FULL,
  'fetch-copied': 'team=a;,tenant=acme',
  'fetch-copied-user': REST,
  'fetch-redirecting': FULL,
  'fetch-redirected': REST,
}
const UNDICI: Record<string, string> = {
  ...FETCH,
  request: REST,
  'request-inside': FULL,
  'request-slashes': REST,
  'request-backslash': REST,
  'request-host': REST,
  'request-own-host': FULL,
  'request-lines': 'team=a,tenant=acme',
  'request-array': 'team=a,tenant=acme',
  stream: REST,
  'pool-slashes': REST,
  'client-slashes': REST,
  'client-absolute': REST,
  'client-forwarded': REST,
  'client-forwarded-copied': 'team=a,tenant=acme',
  proxied: REST,
  'proxied-inside': FULL,
}

describe('FirstPartyBaggagePropagator under instrumentation-undici', function () {
  this.timeout(60_000)

  for (const undici of ['fetch', 'undici-5', 'undici-6', 'undici-7']) {
    for (const first of ['instrumentation', 'propagator']) {
      describe(`${undici}, with the ${first} made first`, () => {
        let outcome: Outcome
        before(async () => {
          outcome = await outgoing(undici, first)
        })

        for (const [name, baggage] of Object.entries(undici === 'fetch' ? FETCH : UNDICI)) {
          it(`sends "${baggage}" with ${name}`, () => {
            assert.deepEqual(outcome.arrived[name], { baggage, traceparent: true })
          })
        }
        if (undici !== 'fetch') {
          it("sends the session of a ProxyAgent's headers only in the CONNECT to a first-party host", () => {
            assert.equal(outcome.arrived['connect api.yours.test']?.baggage, 'session.id=proxy,team=a')
            assert.equal(outcome.arrived['connect api.openai.test']?.baggage, 'team=a')
          })
        }
        it('warns once, names the first host and the option, and does not quote the session', () => {
          assert.equal(outcome.warnings.length, 1)
          assert.match(
            outcome.warnings[0] ?? '',
            /api\.openai\.test,.* allowedHosts or RUM_LLMOBS_ALLOWED_HOSTS/,
          )
          assert.doesNotMatch(outcome.warnings[0] ?? '', /rum,|copied|ada|:\d/)
        })
        it('lets every request succeed', () => assert.deepEqual(outcome.settled, {}))
      })
    }
  }

  describe('in an unsampled trace', () => {
    it('sends no session by default', async () => {
      const { arrived } = await outgoing('undici-7', 'propagator', 'off')
      for (const name of Object.keys(UNDICI))
        assert.doesNotMatch(arrived[name]?.baggage ?? '-', /session|user/)
    })
    for (const first of ['instrumentation', 'propagator']) {
      it(`sends the session with whenHostUnknown: 'forward' to first-party hosts that undici names, ${first} first`, async () => {
        const { arrived } = await outgoing('undici-7', first, 'off', 'forward')
        for (const name of ['fetch-inside', 'fetch-inside-slashes', 'request-inside', 'request-own-host'])
          assert.equal(arrived[name]?.baggage, FULL)
        for (const name of ['fetch', 'fetch-slashes', 'request', 'request-host', 'client-forwarded'])
          assert.equal(arrived[name]?.baggage, REST)
      })
    }
  })
})

describe('guardOutgoingRequests', () => {
  const created = channel('undici:request:create')

  it('does not throw into undici for any request', async () => {
    new FirstPartyBaggagePropagator({ propagator: new W3CBaggagePropagator() })
    const frozen = Object.freeze({ origin: 'http://a.com', path: '/', headers: 'baggage: session.id=1\r\n' })
    const requests = [undefined, null, 7, {}, { path: '/', headers: 7 }, { origin: {}, path: null }, frozen]
    const uncaught = await uncaughtExceptionsOf(() => {
      for (const request of requests) created.publish({ request })
      created.publish(undefined)
    })
    assert.deepEqual(uncaught, [])
  })

  it('removes the session from a request without addHeader, as of undici 6.11.0', () => {
    const headers: unknown[] = []
    const request = {
      origin: 'http://third-party.test',
      path: '//v1',
      get headers() {
        return headers
      },
    } as {
      addHeader?: (name: string, value: string) => void
    }
    created.publish({ request })
    request.addHeader?.('baggage', 'session.id=1,a=2')
    assert.deepEqual(headers, ['baggage', 'a=2'])
  })

  it('subscribes once for a thousand propagators', () => {
    const subscribers = (created as unknown as { _subscribers: unknown[] })._subscribers.length
    for (let index = 0; index < 1_000; index++)
      new FirstPartyBaggagePropagator({ propagator: new W3CBaggagePropagator() })
    assert.equal((created as unknown as { _subscribers: unknown[] })._subscribers.length, subscribers)
  })
})

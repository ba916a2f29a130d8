import assert from 'node:assert/strict'
import { runFixture } from './run-fixture.js'

const FIRST_PARTY = ['api.yours.test', 'chat.internal', 'localhost', '127.0.0.1']
const THIRD_PARTY = 'api.openai.test'
const TRANSPORTS = ['http', 'http-url', 'http-options', 'https', 'fetch']

const WITH = 'session.id=rum,tenant=acme'
const WITHOUT = 'tenant=acme'

type Arrived = Record<string, { baggage: string | null; traceparent: boolean }>

const outgoing = (sampling: 'on' | 'off', whenHostUnknown: 'strip' | 'forward') =>
  runFixture<Arrived>('outgoing-requests', [sampling, whenHostUnknown])

describe('FirstPartyBaggagePropagator under instrumentation-http and instrumentation-undici', function () {
  this.timeout(60_000)
  let arrived: Arrived

  describe('in a sampled trace', () => {
    before(async () => {
      arrived = await outgoing('on', 'strip')
    })

    for (const transport of TRANSPORTS) {
      it(`removes the session from ${transport} requests to a third party`, () => {
        assert.deepEqual(arrived[`${transport} ${THIRD_PARTY}`], { baggage: WITHOUT, traceparent: true })
      })
      for (const host of FIRST_PARTY) {
        it(`keeps the session in ${transport} requests to ${host}`, () => {
          assert.deepEqual(arrived[`${transport} ${host}`], { baggage: WITH, traceparent: true })
        })
      }
    }

    it('removes the session when a first-party host redirects to a third party', () => {
      assert.deepEqual(arrived['fetch-redirecting'], { baggage: WITH, traceparent: true })
      assert.deepEqual(arrived['fetch-redirected'], { baggage: WITHOUT, traceparent: true })
    })
    it('removes the session when the Host header names a third party behind a first-party forward proxy', () => {
      assert.deepEqual(arrived['forward-proxy'], { baggage: WITHOUT, traceparent: true })
      assert.deepEqual(arrived['forward-proxy-two-hosts'], { baggage: WITHOUT, traceparent: true })
    })
    it('removes the session from an absolute-form request to a third party', () => {
      assert.deepEqual(arrived['/forward-proxy-without-host'], { baggage: WITHOUT, traceparent: true })
    })
    it('removes the session from an absolute-form request with a query, from Node 22 on', function () {
      if (Number.parseInt(process.versions.node, 10) < 22) this.skip()
      assert.deepEqual(arrived['forward-proxy-query'], { baggage: WITHOUT, traceparent: true })
      assert.deepEqual(arrived['forward-proxy-query-copied'], { baggage: WITHOUT, traceparent: true })
    })
    it('keeps the session in an absolute-form request to a first-party host', () => {
      assert.deepEqual(arrived['forward-proxy-own'], { baggage: WITH, traceparent: true })
    })
    for (const form of ['text', 'url', 'host', 'hostname', 'fetch']) {
      it(`keeps the session in requests to a private IPv6 address, ${form}`, () => {
        assert.deepEqual(arrived[`ipv6-${form}`], { baggage: WITH, traceparent: true })
      })
    }
    it('decides by `hostname`, to which Node connects, if `host` is a private IPv6 address', () => {
      assert.deepEqual(arrived['hostname-beside-ipv6'], { baggage: WITHOUT, traceparent: true })
    })
    it('removes a session that the application copied into the headers', () => {
      assert.doesNotMatch(arrived[`http-copied ${THIRD_PARTY}`]?.baggage ?? '', /session\.id/)
    })
  })

  describe('in an unsampled trace', () => {
    it('removes the session for every host by default', async () => {
      arrived = await outgoing('off', 'strip')
      for (const transport of TRANSPORTS) {
        for (const host of [THIRD_PARTY, ...FIRST_PARTY]) {
          assert.deepEqual(arrived[`${transport} ${host}`], { baggage: WITHOUT, traceparent: true })
        }
      }
    })
    it("removes the session with whenHostUnknown: 'forward' only if undici or node:http names a third party", async () => {
      arrived = await outgoing('off', 'forward')
      // node:http publishes its requests from Node 22.12 on.
      const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
      const isPublished = major > 22 || (major === 22 && minor >= 12)
      for (const transport of TRANSPORTS) {
        for (const host of [THIRD_PARTY, ...FIRST_PARTY]) {
          const isKnown = host === THIRD_PARTY && (transport === 'fetch' || isPublished)
          const baggage = isKnown ? WITHOUT : WITH
          assert.deepEqual(arrived[`${transport} ${host}`], { baggage, traceparent: true })
        }
      }
    })
  })
})

import assert from 'node:assert/strict'
import { type Attributes, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { destinationOf } from '../src/outgoing-destination.js'

const tracer = new BasicTracerProvider().getTracer('test')

function hostFor(attributes: Attributes): string | undefined {
  const span = tracer.startSpan('request', { kind: SpanKind.CLIENT, attributes })
  const destination = destinationOf(trace.setSpan(ROOT_CONTEXT, span))
  assert.ok(typeof destination === 'object')
  return destination.host
}

describe('destinationOf', () => {
  describe('with server.address and url.full, as instrumentation-http makes them', () => {
    const cases: [string, string, string, string | undefined][] = [
      ['a name', 'api.yours.test', 'http://api.yours.test/v1', 'api.yours.test'],
      ['a name and a port', 'api.yours.test', 'https://api.yours.test:8443/v1', 'api.yours.test'],
      ['`hostname` when `host` is another name', 'api.openai.test', 'http://localhost/', 'api.openai.test'],
      ['`hostname` when `host` is an IPv6 address', 'api.openai.test', 'http://::1/', 'api.openai.test'],
      ['`hostname` when `host` is an address in brackets', 'a.test', 'http://[fd00::1]:80/', 'a.test'],
      ['the IPv6 address of a URL', '2a00:1450::e', 'http://[2a00:1450:0::e]:8080/', '2a00:1450::e'],
      ['an IPv6 `host`, cut off', '2a00', 'http://2a00:1450::e/', '2a00:1450::e'],
      ['an IPv6 `host` in brackets, cut off', '[2a00', 'http://[2a00:1450::e]/', '2a00:1450::e'],
      [
        'an IPv6 `host` with nothing before its colon',
        'localhost',
        'http://::ffff:8.8.8.8/',
        '::ffff:808:808',
      ],
      ['nothing for the absolute form', 'squid', 'http://squid:3128http://api.openai.test/', undefined],
      ['nothing for it at the default port', 'squid', 'http://squidhttp://api.openai.test/', undefined],
      ['nothing for a CONNECT', 'squid', 'http://squid:3128api.openai.test:443', undefined],
      ['a host without a path', 'api.yours.test', 'http://api.yours.test', 'api.yours.test'],
      ['a host that goes on', 'api.yours', 'http://api.yours.test/', 'api.yours'],
    ]
    for (const [what, address, url, host] of cases) {
      it(`reads ${what}`, () => {
        assert.equal(hostFor({ 'server.address': address, 'url.full': url }), host)
      })
    }
  })
})

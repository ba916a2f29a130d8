import assert from 'node:assert/strict'
import { type Attributes, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { destinationOf } from '../src/outgoing-destination.js'

const tracer = new BasicTracerProvider().getTracer('test')

function namesFor(attributes: Attributes, kind = SpanKind.CLIENT) {
  return destinationOf(trace.setSpan(ROOT_CONTEXT, tracer.startSpan('request', { kind, attributes })))
}

describe('destinationOf', () => {
  const cases: [string, Attributes, ReturnType<typeof destinationOf>][] = [
    [
      'every host that a span names',
      {
        'server.address': 'a',
        'net.peer.name': 'b',
        'url.full': 'https://user:pw@c.test:8443/v1?x=http://d/',
        'http.url': 'HTTP://e',
      },
      ['a', 'b', 'user:pw@c.test:8443', 'e'],
    ],
    [
      'a truncated IPv6 `host`',
      { 'server.address': '2a00', 'url.full': 'http://2a00::e/' },
      ['2a00', '2a00::e'],
    ],
    [
      'the absolute form behind a forward proxy',
      { 'server.address': 'squid', 'url.full': 'http://squid:3128http://api.openai.test/' },
      ['squid', 'squid:3128http:'],
    ],
    ['an empty authority of a path', { 'url.full': '/v1' }, ['']],
    ['no destination from empty attributes', { 'server.address': '', 'url.full': '' }, undefined],
    [
      'no destination from a part of a gRPC target',
      { 'rpc.system': 'grpc', 'server.address': '5d' },
      undefined,
    ],
    ['a name in gRPC', { 'rpc.system': 'grpc', 'server.address': 'chat' }, ['chat']],
  ]
  for (const [what, attributes, names] of cases) {
    it(`reads ${what}`, () => assert.deepEqual(namesFor(attributes), names))
  }

  it('returns queue for a producer span', () => {
    assert.equal(namesFor({ 'server.address': 'a' }, SpanKind.PRODUCER), 'queue')
  })
  it('ignores the host of a server span, which the caller wrote', () => {
    assert.equal(namesFor({ 'server.address': 'a' }, SpanKind.SERVER), undefined)
  })
})

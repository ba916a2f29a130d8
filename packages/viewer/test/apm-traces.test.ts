import assert from 'node:assert/strict'
import { ExtData, encode } from '@msgpack/msgpack'
import { apmSpans } from '../src/apm-spans.js'
import { tracerSpans } from '../src/apm-traces.js'
import { llmObsSpans } from '../src/llmobs-events.js'
import { scanMsgpack } from '../src/msgpack-scan.js'
import { requestIdOf } from '../src/request-facts.js'
import { TelemetryStore } from '../src/telemetry-store.js'

const meta = { 'span.kind': 'server', 'baggage.session.id': 's' }
const span = {
  service: 'shop',
  name: 'web.request',
  resource: 'POST /chat',
  trace_id: 0xf448eb211c80319cn,
  span_id: 7n,
  parent_id: 0n,
  start: 1n,
  duration: 2n,
  error: 0,
  meta,
}
const expected = {
  requestId: 'f448eb211c80319c',
  spanId: '0000000000000007',
  parentId: '0000000000000000',
  service: 'shop',
  name: 'POST /chat',
  otelKind: 'server',
  sessionId: 's',
  host: null,
}

function emptyMaps(count: number): Buffer {
  const body = Buffer.alloc(5 + count, 0x80)
  body[0] = 0xdd
  body.writeUInt32BE(count, 1)
  return body
}

describe('apmSpans', () => {
  it('reads each kind of value that msgpack has', () => {
    const values = [
      ...[0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2n ** 63n],
      ...[-1, -32, -33, -128, -129, -32_768, -32_769, -(2 ** 31), -(2n ** 63n), 1.5],
      ...[null, true, false],
      ...[0, 15, 16, 31, 32, 255, 256, 65_535, 65_536].map((length) => 'x'.repeat(length)),
      ...[0, 255, 256, 65_535, 65_536].map((length) => new Uint8Array(length)),
      ...[0, 15, 16, 65_535, 65_536].map((length) => Array(length).fill(0)),
      ...[0, 15, 16, 65_536].map((length) => Object.fromEntries(Array(length).entries())),
      ...[1, 2, 4, 8, 16, 3, 256, 65_536].map((length) => new ExtData(5, new Uint8Array(length))),
      new Date(0),
    ]
    const floats = [Buffer.from([0xca, 0, 0, 0, 0])]
    for (const value of [...values.map((value) => encode(value, { useBigInt64: true })), ...floats]) {
      const spans = encode([span], { useBigInt64: true })
      const payload = Buffer.concat([Buffer.from([0x92]), value, spans])
      assert.deepEqual(apmSpans(tracerSpans(payload, 'v0.4')), [expected])
      scanMsgpack(value)
      // An array of two that holds this value alone.
      assert.throws(() => scanMsgpack(Buffer.concat([Buffer.from([0x92]), value])), RangeError)
    }
  })

  it('reads v0.4, and leaves out spans that stand for no request', () => {
    const internal = { ...span, meta: { 'span.kind': 'internal' } }
    assert.deepEqual(apmSpans(tracerSpans(encode([[span, internal]], { useBigInt64: true }), 'v0.4')), [
      expected,
    ])
  })

  it('reads v0.5, where each text is its place in a table', () => {
    const table = ['', 'shop', 'web.request', 'POST /chat', ...Object.entries(meta).flat()]
    const at = (text: string) => table.indexOf(text)
    const tags = new Map(Object.entries(meta).map(([key, value]) => [at(key), at(value)]))
    const values = [at('shop'), at('web.request'), at('POST /chat'), span.trace_id, 7n, 0n, 1n, 2n, 0]
    const payload = [table, [[[...values, Object.fromEntries(tags), {}, 0]]]]
    assert.deepEqual(apmSpans(tracerSpans(encode(payload, { useBigInt64: true }), 'v0.5')), [expected])
  })

  for (const [name, body] of [
    ['nothing', new Uint8Array()],
    ['no msgpack', Buffer.from('not msgpack')],
    ['an array that promises more than it holds', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
    ['other shapes', encode([null, [null, 7, { trace_id: 'x', span_id: {} }], { a: [] }])],
    [
      'numbers that are no ids',
      encode([[{ ...span, trace_id: 1.5, span_id: Number.NaN }]], { useBigInt64: true }),
    ],
    ['levels without end', Buffer.alloc(200_000, 0x91)],
    ['levels that each promise more than follows', Buffer.alloc(300, Buffer.from('dd01ffffff', 'hex'))],
    ['maps that each promise more than follows', Buffer.alloc(300, Buffer.from('df01ffffffa0', 'hex'))],
    ['more empty maps than a tracer has spans', emptyMaps(2_000_000)],
    ['a table with places that are none', encode([[{}, 's'], [[[{}, 's', { toString: 1, valueOf: 1 }]]]])],
    [
      'a table that tags name with something else',
      encode([['s'], [[[0, 0, 0, 1, 1, 0, 0, 0, 0, { 0: { toString: 1, valueOf: 1 } }]]]]),
    ],
  ] as const) {
    it(`reads nothing from ${name}`, () => {
      const before = process.memoryUsage().rss
      assert.deepEqual(apmSpans(tracerSpans(body, 'v0.4')), [])
      assert.deepEqual(apmSpans(tracerSpans(body, 'v0.5')), [])
      const grown = process.memoryUsage().rss - before
      assert.ok(grown < 60e6, `${grown} bytes more memory`)
    })
  }
})

describe('the host of an APM span', () => {
  it('is read from the start of its URL, which many spans can point at', () => {
    const [read] = apmSpans([
      { ...span, meta: { 'span.kind': 'client', 'http.url': `http://${'a'.repeat(1e6)}` } },
    ])
    assert.ok((read?.host ?? '').length < 3000)
    const url = `https://api.example/${'a'.repeat(1e6)}`
    assert.equal(
      apmSpans([{ ...span, meta: { 'span.kind': 'client', 'http.url': url } }])[0]?.host,
      'api.example',
    )
  })
})

describe('a dd-trace event', () => {
  it('is without its session for the reason that the APM spans of its request show', () => {
    const store = new TelemetryStore()
    const event = {
      trace_id: 'a'.repeat(32),
      span_id: '9',
      tags: ['service:shop', 'language:javascript'],
      _dd: { apm_trace_id: `0000000000000001${expected.requestId}` },
    }
    store.addSpans(llmObsSpans([{ spans: [event] }]), 'dd-trace')
    assert.equal(store.trace(event.trace_id)?.reason?.code, 'no-server-span')
    store.addApmSpans(apmSpans(tracerSpans(encode([[span]], { useBigInt64: true }), 'v0.4')))
    const { code, mend } = store.trace(event.trace_id)?.reason ?? {}
    assert.equal(code, 'session-not-on-span')
    assert.match(mend ?? '', /before dd-trace/)
  })
})

describe('requestIdOf', () => {
  it('takes the last 64 bits, in whichever digits', () => {
    assert.equal(requestIdOf('0af7651916cd43ddf448eb211c80319c'), 'f448eb211c80319c')
    assert.equal(requestIdOf(String(0xf448eb211c80319cn)), 'f448eb211c80319c')
    assert.equal(requestIdOf('7'), '0000000000000007')
  })
})

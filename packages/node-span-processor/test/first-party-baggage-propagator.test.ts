import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import {
  type Attributes,
  type Baggage,
  type Context,
  DiagLogLevel,
  defaultTextMapGetter,
  defaultTextMapSetter,
  diag,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { AlwaysOffSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import {
  FirstPartyBaggagePropagator,
  type FirstPartyBaggagePropagatorConfig,
} from '../src/first-party-baggage-propagator.js'
import { collectDiag } from './diag-messages.js'

const SESSION = 'f2a1c3d4-0000-4000-8000-00000000000a'
const ENTRIES = { 'session.id': { value: SESSION }, tenant: { value: 'acme' } }
const both = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
})
const tracer = new BasicTracerProvider().getTracer('test')
const unsampledTracer = new BasicTracerProvider({ sampler: new AlwaysOffSampler() }).getTracer('test')

function contextOf(
  attributes: Attributes,
  kind: SpanKind = SpanKind.CLIENT,
  entries: Parameters<typeof propagation.createBaggage>[0] = ENTRIES,
  from = tracer,
): Context {
  const context = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage(entries))
  return trace.setSpan(context, from.startSpan('request', { kind, attributes }, context))
}

function injected(
  context: Context,
  config: Partial<FirstPartyBaggagePropagatorConfig> = {},
  carrier: Record<string, unknown> = {},
) {
  new FirstPartyBaggagePropagator({ propagator: both, ...config }).inject(
    context,
    carrier,
    defaultTextMapSetter,
  )
  return carrier
}

const WITH = `session.id=${SESSION},tenant=acme`
const WITHOUT = 'tenant=acme'

describe('FirstPartyBaggagePropagator', () => {
  describe('constructor', () => {
    const invalid: [string, unknown, RegExp][] = [
      ['no configuration', undefined, /propagator/],
      ['no propagator', {}, /propagator/],
      ['a propagator without inject', { propagator: {} }, /propagator/],
      ['a null propagator', { propagator: null }, /propagator/],
      ['an unknown policy', { propagator: both, whenHostUnknown: 'drop' }, /^whenHostUnknown must be/],
      ['a URL as host', { propagator: both, allowedHosts: ['https://example.com'] }, /allowedHosts/],
      [
        'a misspelt option',
        { propagator: both, allowedHost: [] },
        /^allowedHost is not an option: use propagator, allowedHosts, whenHostUnknown$/,
      ],
    ]
    for (const [what, config, message] of invalid) {
      it(`names the option for ${what}`, () => {
        assert.throws(() => new FirstPartyBaggagePropagator(config as FirstPartyBaggagePropagatorConfig), {
          name: 'TypeError',
          message,
        })
      })
    }
  })

  describe('inject', () => {
    const destinations: [string, Attributes, string][] = [
      ['a private server.address', { 'server.address': '10.1.2.3' }, WITH],
      ['a public server.address', { 'server.address': 'api.openai.com' }, WITHOUT],
      ['an invalid server.address', { 'server.address': 'https://localhost' }, WITHOUT],
      ['a public url.full', { 'url.full': 'https://api.openai.com/v1?x=.local' }, WITHOUT],
      ['a private url.full', { 'url.full': 'http://user:pw@chat.internal:8080/v1' }, WITH],
      ['a url.full that hides its host', { 'url.full': 'http://localhost@api.openai.com/' }, WITHOUT],
      ['a url.full without a host', { 'url.full': '/v1' }, WITHOUT],
      ['a private http.url', { 'http.url': 'http://[::1]:8080/' }, WITH],
      ['a public http.url', { 'http.url': 'http://[2001:db8::1]:8080/' }, WITHOUT],
      ['a private net.peer.name', { 'net.peer.name': 'redis' }, WITH],
      ['a public net.peer.name', { 'net.peer.name': 'example.com' }, WITHOUT],
      ['a public url.full', { 'server.address': 'localhost', 'url.full': 'http://a.com/' }, WITHOUT],
      ['a public server.address', { 'server.address': 'a.com', 'url.full': 'http://localhost/' }, WITHOUT],
      [
        'a public http.url beside a private one',
        { 'url.full': 'http://localhost/', 'http.url': 'http://a.com/' },
        WITHOUT,
      ],
      [
        'a public net.peer.name beside a private http.url',
        { 'http.url': 'http://localhost/', 'net.peer.name': 'a.com' },
        WITHOUT,
      ],
      ['an empty server.address', { 'server.address': '', 'url.full': 'http://localhost/' }, WITH],
      [
        'a server.address other than a string',
        { 'server.address': 7, 'url.full': 'http://localhost/' },
        WITH,
      ],
      [
        'an absolute-form request to a forward proxy',
        { 'server.address': 'squid.internal', 'url.full': 'http://squid.internal:3128http://a.com/' },
        WITHOUT,
      ],
      [
        'an absolute-form request to a forward proxy at its default port',
        { 'server.address': 'squid', 'url.full': 'http://squidhttp://a.com/' },
        WITHOUT,
      ],
      [
        'an IPv6 host that instrumentation-http cut off',
        { 'server.address': '2a00', 'url.full': 'http://2a00:1450:4001::200e/' },
        WITHOUT,
      ],
      [
        'a public server.address beside a private IPv6 host',
        { 'server.address': 'api.openai.com', 'url.full': 'http://::1/' },
        WITHOUT,
      ],
      ['a private IPv6 host', { 'server.address': '::1', 'url.full': 'http://::1/' }, WITH],
      ['no attribute at all', {}, WITHOUT],
      ['a name in gRPC', { 'rpc.system': 'grpc', 'server.address': 'chat' }, WITH],
      ['the end of an escaped bracket in gRPC', { 'rpc.system': 'grpc', 'server.address': '5D' }, WITHOUT],
      ['one of several addresses in gRPC', { 'rpc.system': 'grpc', 'server.address': '10.0.0.1' }, WITHOUT],
    ]
    for (const [what, attributes, baggage] of destinations) {
      it(`${baggage === WITH ? 'keeps' : 'removes'} the session for ${what}`, () => {
        const headers = injected(contextOf(attributes))
        assert.equal(headers.baggage, baggage)
        assert.match(String(headers.traceparent), /^00-/)
      })
    }

    it('keeps the session for allowed hosts', () => {
      const config = { allowedHosts: ['api.example.com', /\.example\.org$/g] }
      for (const host of ['api.example.com', 'a.example.org', 'a.example.org']) {
        assert.equal(injected(contextOf({ 'server.address': host }), config).baggage, WITH)
      }
    })

    it('keeps the session in a message to a queue at any broker', () => {
      const context = contextOf({ 'server.address': 'sqs.amazonaws.com' }, SpanKind.PRODUCER)
      assert.equal(injected(context).baggage, WITH)
    })

    const unknown: [string, Context][] = [
      ['a server span', contextOf({ 'server.address': 'localhost' }, SpanKind.SERVER)],
      ['an internal span', contextOf({ 'server.address': 'localhost' }, SpanKind.INTERNAL)],
      [
        'an unsampled span',
        contextOf({ 'server.address': 'localhost' }, SpanKind.CLIENT, ENTRIES, unsampledTracer),
      ],
      ['no span', propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage(ENTRIES))],
      ['a client span without attributes', contextOf({})],
    ]
    for (const [what, context] of unknown) {
      it(`takes the host of ${what} for unknown`, () => {
        assert.equal(injected(context).baggage, WITHOUT)
        assert.equal(injected(context, { whenHostUnknown: 'strip' }).baggage, WITHOUT)
        assert.equal(injected(context, { whenHostUnknown: 'forward' }).baggage, WITH)
      })
    }

    it("forwards only to unknown hosts with whenHostUnknown: 'forward', not to third-party hosts", () => {
      const config = { whenHostUnknown: 'forward' } as const
      assert.equal(injected(contextOf({ 'server.address': 'api.openai.com' }), config).baggage, WITHOUT)
      assert.equal(injected(contextOf({ 'server.address': 'x y' }), config).baggage, WITHOUT)
    })

    it('decides by the Host header too, which names the destination behind a forward proxy', () => {
      const context = contextOf({
        'server.address': 'squid.internal',
        'url.full': 'http://squid.internal/?x=1',
      })
      assert.equal(injected(context, {}, { Host: 'api.openai.com' }).baggage, WITHOUT)
      assert.equal(injected(context, {}, { host: 'chat.internal:8080' }).baggage, WITH)
      assert.equal(injected(context, { whenHostUnknown: 'forward' }, { host: 'x y' }).baggage, WITHOUT)
    })

    it('requires first-party hosts in all spellings of the Host header', () => {
      const context = contextOf({ 'server.address': 'squid.internal' })
      for (const [Host, host] of [
        ['squid.internal', 'api.openai.com'],
        ['api.openai.com', 'squid.internal'],
      ]) {
        assert.equal(injected(context, {}, { Host, host }).baggage, WITHOUT)
      }
      assert.equal(injected(context, {}, { Host: 'squid.internal', host: 'chat.internal' }).baggage, WITH)
    })

    it('writes no baggage header if the session was the only entry', () => {
      const entries = { 'session.id': { value: SESSION } }
      const headers = injected(contextOf({ 'server.address': 'a.com' }, SpanKind.CLIENT, entries))
      assert.deepEqual(Object.keys(headers), ['traceparent'])
    })

    it('removes a session that the application wrote into the headers', () => {
      const context = contextOf({ 'server.address': 'a.com' }, SpanKind.CLIENT, {})
      const carrier = { Baggage: `session.id=${SESSION},tenant=7` }
      assert.equal(injected(context, {}, carrier).Baggage, 'tenant=7')
    })

    const rum = {
      'session.id': { value: SESSION },
      'user.id': { value: 'a@b.c' },
      'account.id': { value: '7' },
    }
    const own = { 'user.id': { value: 'a@b.c' }, tenant: { value: 'acme' } }
    const beside: [string, Parameters<typeof propagation.createBaggage>[0], unknown, unknown][] = [
      ['user.id and account.id beside the session', rum, undefined, undefined],
      ['all entries of RUM, and no other', { ...rum, tenant: { value: 'acme' } }, undefined, WITHOUT],
      ['no user.id without a session', own, undefined, 'user.id=a%40b.c,tenant=acme'],
      ['user.id in the context beside a session in the header', own, 'session.id=x', WITHOUT],
      ['user.id in the header beside a session in the context', rum, 'user.id=x', undefined],
      ['all members of RUM from a header', {}, 'user.id=x,session%2Eid=y,account.id=z,a=1;p', 'a=1;p'],
      ['all members of RUM from repeated headers', {}, ['user.id=x', 'session.id=y', 'a=1'], ['a=1']],
      ['no user.id from a header without session', {}, 'user.id=x', 'user.id=x'],
    ]
    for (const [what, entries, header, expected] of beside) {
      it(`removes ${what}`, () => {
        const context = contextOf({ 'server.address': 'api.openai.com' }, SpanKind.CLIENT, entries)
        assert.deepEqual(
          injected(context, {}, header === undefined ? {} : { baggage: header }).baggage,
          expected,
        )
        const toYours = contextOf({ 'server.address': 'localhost' }, SpanKind.CLIENT, entries)
        const unchanged = header === undefined ? {} : { baggage: header }
        both.inject(toYours, unchanged, defaultTextMapSetter)
        assert.deepEqual(
          injected(toYours, {}, header === undefined ? {} : { baggage: header }).baggage,
          (unchanged as { baggage?: unknown }).baggage,
        )
      })
    }

    describe('warnings of inject', () => {
      const state = channel('@rum-llmobs/node-span-processor/1') as unknown as Record<string, unknown>
      let warnings: string[]
      beforeEach(() => {
        delete state['first host without session']
        warnings = collectDiag(DiagLogLevel.WARN)
      })
      afterEach(() => diag.disable())

      it('names the first host from which the session is withheld, without user and port', () => {
        injected(contextOf({ 'url.full': 'http://ada:pw@API.example.com:8443/v1?key=1' }))
        injected(contextOf({ 'server.address': 'api.openai.com' }))
        assert.equal(warnings.length, 1)
        assert.match(warnings[0] ?? '', / api\.example\.com, .*allowedHosts or RUM_LLMOBS_ALLOWED_HOSTS/)
        assert.doesNotMatch(warnings[0] ?? '', new RegExp(`${SESSION}|ada|pw|8443|key`))
      })
      it('does not quote an invalid host', () => {
        injected(contextOf({ 'server.address': '/var/run/secret.sock' }))
        assert.match(warnings.join(), /a host that cannot be read/)
        assert.doesNotMatch(warnings.join(), /secret/)
      })
      it('reports a header that the application wrote', () => {
        const context = contextOf({ 'server.address': 'a.com' }, SpanKind.CLIENT, {})
        injected(context, {}, { baggage: 'session.id=x' })
        assert.match(warnings.join(), / a\.com,/)
      })
      const silent: [string, Context, Partial<FirstPartyBaggagePropagatorConfig>?][] = [
        ['a first-party host', contextOf({ 'server.address': 'localhost' })],
        ['a request without session', contextOf({ 'server.address': 'a.com' }, SpanKind.CLIENT, own)],
        ['an unknown host', contextOf({})],
        [
          'a propagator that writes no baggage',
          contextOf({ 'server.address': 'a.com' }),
          { propagator: new W3CTraceContextPropagator() },
        ],
      ]
      for (const [what, context, config] of silent) {
        it(`does not report ${what}`, () => {
          injected(context, config)
          assert.deepEqual(warnings, [])
        })
      }
    })

    it('keeps the headers for a first-party host', () => {
      const context = contextOf({ 'server.address': 'localhost' }, SpanKind.CLIENT, {})
      const carrier = { Baggage: 'session.id=own' }
      assert.equal(injected(context, {}, carrier).Baggage, 'session.id=own')
    })

    it('passes the same context to the wrapped propagator if nothing is removed', () => {
      const seen: Context[] = []
      const propagator: TextMapPropagator = { ...silent, inject: (context) => void seen.push(context) }
      const contexts = [
        contextOf({ 'server.address': 'localhost' }),
        contextOf({ 'server.address': 'a.com' }, SpanKind.CLIENT, { tenant: { value: 'acme' } }),
      ]
      for (const context of contexts) injected(context, { propagator })
      assert.deepEqual(
        seen.map((context, i) => context === contexts[i]),
        [true, true],
      )
    })

    it('keeps the metadata of other entries', () => {
      const header = 'session.id=a,tenant=acme;ttl=30'
      const context = both.extract(ROOT_CONTEXT, { baggage: header }, defaultTextMapGetter)
      assert.equal(injected(context).baggage, 'tenant=acme;ttl=30')
    })

    it('catches exceptions of the wrapped propagator', () => {
      const propagator: TextMapPropagator = { ...silent, inject: boom }
      injected(contextOf({}), { propagator })
      injected(contextOf({ 'server.address': 'localhost' }), { propagator })
    })

    it('catches exceptions of the context', () => {
      injected({ getValue: boom, setValue: boom, deleteValue: boom })
      injected(undefined as unknown as Context)
    })

    it('sends the trace context without baggage if the baggage throws', () => {
      const context = contextOf({ 'server.address': 'a.com' })
      for (const method of ['removeEntries', 'getAllEntries'] as const) {
        const baggage = propagation.createBaggage(ENTRIES)
        const broken: Baggage = Object.assign(Object.create(baggage), { [method]: boom })
        const headers = injected(propagation.setBaggage(context, broken))
        assert.deepEqual(Object.keys(headers), ['traceparent'])
      }
    })

    it('takes the host for unknown if the span throws', () => {
      const context = trace.setSpan(
        contextOf({}),
        Object.defineProperty({ kind: SpanKind.CLIENT }, 'attributes', { get: boom }) as never,
      )
      const propagator = new W3CBaggagePropagator()
      assert.equal(injected(context, { propagator }).baggage, WITHOUT)
      assert.equal(injected(context, { propagator, whenHostUnknown: 'forward' }).baggage, WITH)
    })
  })

  describe('extract', () => {
    it('extracts with the wrapped propagator', () => {
      const propagator = new FirstPartyBaggagePropagator({ propagator: both })
      const headers = { baggage: WITH, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }
      const context = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
      assert.equal(propagation.getBaggage(context)?.getEntry('session.id')?.value, SESSION)
      assert.equal(trace.getSpanContext(context)?.traceId, 'a'.repeat(32))
    })

    it('returns the same context if the wrapped propagator throws', () => {
      const propagator = new FirstPartyBaggagePropagator({ propagator: { ...silent, extract: boom } })
      assert.equal(propagator.extract(ROOT_CONTEXT, {}, defaultTextMapGetter), ROOT_CONTEXT)
    })
  })

  describe('fields', () => {
    it('returns the fields of the wrapped propagator', () => {
      assert.deepEqual(new FirstPartyBaggagePropagator({ propagator: both }).fields(), both.fields())
    })
  })
})

const silent: TextMapPropagator = { inject() {}, extract: (context) => context, fields: () => [] }

function boom(): never {
  throw new Error('broken')
}

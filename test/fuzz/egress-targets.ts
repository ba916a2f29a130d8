import assert from 'node:assert/strict'
import { type Attributes, defaultTextMapSetter, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import fc from 'fast-check'
import { FirstPartyBaggagePropagator } from '../../packages/node-span-processor/src/index.js'
import {
  anyText,
  contextWith,
  decoded,
  header,
  hostileContext,
  hostileIndex,
  hostileValue,
} from './arbitraries.js'
import type { FuzzTarget } from './fuzz.js'

const SESSION = '0d7a7a1e-9a3b-4c1e-8a39-3f6f3e1d2c4b'
const tracer = new BasicTracerProvider().getTracer('fuzz')
const propagator = new FirstPartyBaggagePropagator({
  propagator: new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
  }),
})

/** A label that every URL parser accepts. Labels with `xn--` would have to be Punycode. */
const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/).filter((text) => !text.startsWith('xn--'))
const octet = fc.nat({ max: 255 })
const isPrivateV4 = ([a, b]: number[]) =>
  a === 127 ||
  a === 10 ||
  (a === 192 && b === 168) ||
  (a === 172 && (b as number) >= 16 && (b as number) <= 31) ||
  (a === 169 && b === 254)

const publicName = fc
  .tuple(
    fc.array(label, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('com', 'io', 'ai', 'co.uk', 'local.com'),
  )
  .map(([labels, domain]) => `${labels.join('.')}.${domain}`)
const publicV4 = fc
  .tuple(octet, octet, octet, octet)
  .filter((parts) => !isPrivateV4(parts))
  .map((parts) => parts.join('.'))
const publicV6 = fc
  .array(fc.nat({ max: 0xffff }), { minLength: 7, maxLength: 7 })
  .map((groups) => `2001:${groups.map((group) => group.toString(16)).join(':')}`)
const publicHost = fc.oneof(
  publicName,
  publicV4,
  publicV6.map((address) => `[${address}]`),
)

const privateHost = fc.oneof(
  label,
  fc
    .tuple(label, fc.constantFrom('localhost', 'local', 'internal', 'svc', 'svc.cluster.local'))
    .map((parts) => parts.join('.')),
  fc.tuple(fc.constantFrom(10, 127), octet, octet, octet).map((parts) => parts.join('.')),
  fc.tuple(octet, octet).map(([c, d]) => `192.168.${c}.${d}`),
  fc.constantFrom('[::1]', '[fd00::1]', '[fe80::1]'),
)

/** The attributes in which instrumentations write a host. */
const spelling = (host: string, form: number, port: number): Attributes => {
  const bare = host.replace(/[[\]]/g, '')
  const forms: Attributes[] = [
    { 'server.address': bare },
    { 'server.address': bare.toUpperCase(), 'server.port': port },
    { 'url.full': `https://${host}:${port}/v1/chat?x=http://localhost/` },
    { 'http.url': `http://user:pw@${host}/` },
    { 'net.peer.name': bare },
    { 'server.address': bare, 'url.full': `https://${host}/` },
  ]
  return forms[form % forms.length] as Attributes
}

const membersOf = (value: unknown) => `${value ?? ''}`.split(',').map((member) => member.trim())
const keyOf = (member: string) => decoded(member.slice(0, member.indexOf('=')).trim())
const RUM_KEYS = ['session.id', 'user.id', 'account.id']
const isRum = (member: string) => RUM_KEYS.includes(keyOf(member))
const hasSession = (value: unknown) => membersOf(value).some((member) => keyOf(member) === 'session.id')

function outgoing(attributes: Attributes, carrier: Record<string, unknown>): Record<string, unknown> {
  const context = contextWith({ 'session.id': SESSION, 'user.id': 'ada@example.com', tenant: 'acme' })
  const span = tracer.startSpan('POST', { kind: SpanKind.CLIENT, attributes }, context)
  propagator.inject(trace.setSpan(context, span), carrier, defaultTextMapSetter)
  span.end()
  return carrier
}

const known = (host: fc.Arbitrary<string>, mayCarry: boolean) =>
  fc.property(host, fc.nat(), fc.integer({ min: 1, max: 65535 }), (host, form, port) => {
    const carrier = outgoing(spelling(host, form, port), {})
    assert.equal(hasSession(carrier.baggage), mayCarry, JSON.stringify(spelling(host, form, port)))
    assert.equal(membersOf(carrier.baggage).some(isRum), mayCarry)
    assert.ok(membersOf(carrier.baggage).includes('tenant=acme'))
    assert.match(`${carrier.traceparent}`, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  })

/** Any text as a host: other entries are sent, and the session is not if a URL parser finds a public host. */
const anyHost = fc.property(
  fc.oneof(
    anyText,
    fc.tuple(publicHost, anyText).map((parts) => parts.join('')),
    fc.ipV4Extended(),
    fc.webUrl(),
  ),
  fc.constantFrom('server.address', 'url.full', 'http.url', 'net.peer.name'),
  (host, attribute) => {
    const carrier = outgoing({ [attribute]: host }, {})
    assert.ok(membersOf(carrier.baggage).includes('tenant=acme'))
    assert.ok(carrier.traceparent)
    if (hasSession(carrier.baggage))
      assert.ok(isPrivate(attribute, host), `${attribute} ${JSON.stringify(host)}`)
  },
)

/** Decides without code of the package: with the WHATWG URL parser, and the first-party hosts that the README names. */
function isPrivate(attribute: string, host: string): boolean {
  const url = attribute.includes('url') ? host : `http://${host}`
  if (!URL.canParse(url)) return false
  const { hostname } = new URL(url)
  if (hostname.startsWith('['))
    return /^\[(::1\]|f[cd]|fe[89ab]|::ffff:(7f|a[0-9a-f]{2}:|a:|c0a8|ac1|a9fe))/.test(hostname)
  const name = hostname.replace(/\.$/, '')
  if (/^\d+(\.\d+){3}$/.test(name)) return isPrivateV4(name.split('.').map(Number))
  return !name.includes('.') || /\.(localhost|local|internal|svc)$/.test(name)
}

/** A propagator that copies the inbound header: RUM's members are removed, all others are kept byte for byte. */
const copied = fc.property(header, publicName, (text, host) => {
  const carrier = outgoing({ 'server.address': host }, {})
  const written = carrier.baggage as string
  const copy: Record<string, unknown> = { 'X-Other': '1' }
  new FirstPartyBaggagePropagator({
    propagator: {
      inject: (_, target) =>
        Object.assign(target as object, { baggage: `${text},${written},session.id=${SESSION}` }),
      extract: (context) => context,
      fields: () => [],
    },
  }).inject(ROOT_CONTEXT, copy, defaultTextMapSetter)
  assert.ok(!membersOf(copy.baggage).some(isRum))
  const kept = membersOf(copy.baggage)
  for (const member of membersOf(text)) {
    if (!isRum(member)) assert.ok(kept.includes(member), `${JSON.stringify(member)} is lost`)
  }
})

const hostileEgress = fc.property(
  fc.tuple(hostileIndex, fc.boolean()),
  hostileIndex,
  ([context, asBaggage], carrier) => {
    propagator.inject(hostileContext(context, asBaggage), hostileValue(carrier), defaultTextMapSetter)
  },
)

/** Properties of FirstPartyBaggagePropagator. */
export const egressTargets: readonly FuzzTarget[] = [
  { name: 'egress: no session for a public host', share: 80, property: known(publicHost, false) },
  { name: 'egress: the session for a private host', share: 40, property: known(privateHost, true) },
  { name: 'egress: any text as host', share: 60, property: anyHost },
  { name: "egress: only RUM's members of a copied header are removed", share: 40, property: copied },
  { name: 'egress: hostile contexts and carriers', share: 20, property: hostileEgress },
]

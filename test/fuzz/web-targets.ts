import assert from 'node:assert/strict'
import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
} from '@opentelemetry/api'
import { W3CBaggagePropagator } from '@opentelemetry/core'
import fc from 'fast-check'
import { baggageValues } from '../../packages/node-span-processor/src/baggage-header.js'
import { SessionBaggagePropagator } from '../../packages/web-propagator/src/index.js'
import {
  anyText,
  contextWith,
  decoded,
  entries,
  header,
  hostileContext,
  hostileIndex,
  hostileValue,
  metadata,
  sendableHeader,
  sessionId,
} from './arbitraries.js'
import type { FuzzTarget } from './fuzz.js'

const w3c = new W3CBaggagePropagator()
const headersSetter = { set: (carrier: Headers, name: string, value: string) => carrier.set(name, value) }

let currentId: unknown
const propagator = new SessionBaggagePropagator({
  sessionProvider: { getSessionId: () => currentId as string },
  whenUrlUnknown: 'inject',
})

/** An independent implementation of the rule for ids. */
function isSendable(id: string): boolean {
  const codePoints = [...id].map((char) => char.codePointAt(0) as number)
  return (
    id.length > 0 &&
    id.length <= 256 &&
    codePoints.every((point) => point > 31 && !(point >= 127 && point <= 159) && (point & ~0x7ff) !== 0xd800)
  )
}

const keyOf = (member: string) => decoded((member.split(/[=;]/)[0] as string).trim())
const membersOf = (text: string) => text.split(',').filter((member) => member.trim() !== '')
const isSession = (member: string) => keyOf(member) === 'session.id'

/** The member that inject wrote last. The propagator removes it from a header of the page, as a copy of used headers. */
let lastSent: string | undefined
const isOfPage = (member: string) => member.trim() !== lastSent

function assertInjected(
  page: string,
  after: string,
  id: string,
  context: Record<string, string>,
  metadata: string,
): void {
  const members = membersOf(after)
  const before = membersOf(page)
  const sent = isSendable(id)
  assert.doesNotThrow(() => new Headers({ baggage: after }))
  if (after !== page && after !== page.split(',').filter(isOfPage).join().trim())
    assert.ok(members.length <= 64 && Buffer.byteLength(after, 'latin1') <= 8192)
  if (sent) {
    lastSent = members[0] as string
    assert.equal(members.filter(isSession).length, 1)
    const encoded = encodeURIComponent(id).replaceAll('(', '%28').replaceAll(')', '%29')
    assert.equal(members[0], `session.id=${encoded}`)
    assert.equal(baggageValues(after, 'session.id').at(-1), id)
  }
  const expected = before.filter((member) => (sent ? !isSession(member) : isOfPage(member)))
  const rest = sent ? members.slice(1) : members
  const kept = rest
    .filter(isOfPage)
    .slice(0, expected.length)
    .map((member) => member.trim())
  // A receiver may count blank members too.
  const fits = after.length < 8000 && after.split(',').length < 64 && page.length < 7000
  if (!fits) return
  assert.deepEqual(
    kept,
    expected.map((member) => member.trim()),
  )
  const taken = new Set(before.map(keyOf))
  for (const [key, value] of Object.entries(context)) {
    if (taken.has(key) || key === '' || (sent && key === 'session.id')) continue
    if (/\p{Cs}/u.test(key) || /\p{Cs}/u.test(value)) continue
    const entry = rest.find((member) => keyOf(member) === key)
    assert.ok(entry !== undefined, `entry ${JSON.stringify(key)} is lost`)
    if (/^[a-z]+(=[a-z0-9]+)?$/.test(metadata)) assert.ok(entry.endsWith(`;${metadata}`), 'metadata is lost')
  }
}

const inject = fc.property(sendableHeader, entries, metadata, sessionId, (page, context, metadata, id) => {
  currentId = id
  const carrier = new Headers(page ? { baggage: page } : {})
  const before = carrier.get('baggage') ?? ''
  propagator.inject(contextWith(context, metadata), carrier, headersSetter)
  const after = carrier.get('baggage') ?? ''
  assertInjected(before, after, id, context, metadata)
  propagator.inject(contextWith(context, metadata), carrier, headersSetter)
  assert.equal(carrier.get('baggage') ?? '', after, 'a second inject changes something')
})

const injectIntoObject = fc.property(header, entries, sessionId, (page, context, id) => {
  currentId = id
  const carrier: Record<string, string> = page ? { Baggage: page } : {}
  propagator.inject(contextWith(context), carrier, defaultTextMapSetter)
  const after = carrier.Baggage ?? carrier.baggage ?? ''
  if (isSendable(id)) lastSent = membersOf(after)[0] as string
  if (after !== page && after !== page.split(',').filter(isOfPage).join()) {
    assert.doesNotThrow(() => new Headers({ baggage: after }))
    assert.ok(Buffer.byteLength(after, 'latin1') <= 8192 && membersOf(after).length <= 64)
  }
  if (isSendable(id)) assert.equal(membersOf(after).filter(isSession).length, 1)
})

const hostileInject = fc.property(
  fc.tuple(hostileIndex, fc.boolean()),
  fc.oneof(
    hostileIndex.map((index) => ({ index })),
    fc.dictionary(anyText, fc.oneof(anyText, fc.array(anyText))).map((object) => ({ object })),
    entries.map((fields) => ({ map: new Map(Object.entries(fields)) })),
  ),
  fc.oneof(sessionId, hostileIndex),
  ([context, asBaggage], kind, id) => {
    currentId = typeof id === 'number' ? hostileValue(id) : id
    const carrier = 'index' in kind ? hostileValue(kind.index) : Object.values(kind)[0]
    propagator.inject(hostileContext(context, asBaggage), carrier, defaultTextMapSetter)
    propagator.extract(hostileContext(context, asBaggage), carrier, defaultTextMapGetter)
  },
)

const read = (context: Context) => new Map(propagation.getBaggage(context)?.getAllEntries() ?? [])

const extract = fc.property(header, (text) => {
  const found = read(propagator.extract(ROOT_CONTEXT, { baggage: text }, defaultTextMapGetter))
  const foundByW3c = read(w3c.extract(ROOT_CONTEXT, { baggage: text }, defaultTextMapGetter))
  // An object may hold lone surrogates, a header cannot.
  const wellFormed = (part: string) => Buffer.from(part).toString()
  const once = new Set<string>()
  const repeated = new Set<string>()
  for (const key of membersOf(text).map(keyOf).map(wellFormed)) (once.has(key) ? repeated : once).add(key)
  for (const [key, expected] of foundByW3c) {
    const entry = found.get(wellFormed(key))
    assert.ok(entry, `lost ${JSON.stringify(key)}`)
    if (!repeated.has(wellFormed(key))) assert.equal(entry.value, wellFormed(expected.value))
  }
})

/** Properties of SessionBaggagePropagator. */
export const webTargets: readonly FuzzTarget[] = [
  { name: 'inject into Headers: grammar, limits, no lost member', share: 250, property: inject },
  { name: 'inject into objects: valid header, one session', share: 130, property: injectIntoObject },
  { name: 'inject and extract: hostile contexts, carriers, ids', share: 100, property: hostileInject },
  { name: 'extract: at least the entries that W3CBaggagePropagator finds', share: 150, property: extract },
]

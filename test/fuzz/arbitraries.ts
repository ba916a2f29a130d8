import {
  baggageEntryMetadataFromString,
  type Context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
} from '@opentelemetry/api'
import fc from 'fast-check'

/** Any code units, with lone surrogates and control characters, as an attacker or a broken page may write them. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.string({ maxLength: 24 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
    .map((units) => String.fromCharCode(...units)),
)

export const sessionId = fc.oneof(
  { weight: 6, arbitrary: fc.uuid() },
  { weight: 2, arbitrary: anyText },
  { weight: 1, arbitrary: fc.string({ minLength: 120, maxLength: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', 'a,b', 'a;b', 'a\r\nx: y', '\ud800', 'é', '%', '%2') },
)

const SPECIAL_KEYS = [
  'session.id',
  'Session.Id',
  'session%2Eid',
  '%73ession.id',
  ' session.id\t',
  '__proto__',
  'constructor',
  'user.id',
  '%',
  '%ff',
]

const key = fc.oneof(
  fc.constantFrom(...SPECIAL_KEYS),
  fc.stringMatching(/^[!#$%&'*+.^_`|~\w-]{1,12}$/),
  anyText,
)
const value = fc.oneof(fc.uuid(), fc.stringMatching(/^[!#-+\--:<-[\]-~]{0,16}$/), anyText)
const properties = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.stringMatching(/^;[a-z]{1,5}(=[a-z0-9%]{0,5})?$/) },
  { weight: 1, arbitrary: anyText.map((text) => `;${text}`) },
)

const member = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(key, value, properties).map(([key, value, rest]) => `${key}=${value}${rest}`),
  },
  { weight: 1, arbitrary: anyText },
)

/** A baggage header: mostly members, sometimes noise, sometimes over the limits. */
export const header = fc.oneof(
  { weight: 40, arbitrary: fc.array(member, { maxLength: 6 }).map((members) => members.join(',')) },
  { weight: 5, arbitrary: anyText },
  {
    weight: 1,
    arbitrary: fc
      .tuple(member, fc.integer({ min: 30, max: 200 }), fc.integer({ min: 1, max: 150 }))
      .map(([text, count, pad]) =>
        Array.from({ length: count }, (_, index) => `k${index}=${'v'.repeat(pad)}`)
          .concat(text)
          .join(','),
      ),
  },
)

/** A header that a browser and Node accept. */
export const sendableHeader = header.map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').trim())

export const entries = fc.dictionary(key, value, { maxKeys: 5 })

/** Percent-decodes as https://www.w3.org/TR/baggage/#value specifies: invalid UTF-8 becomes U+FFFD. */
export function decoded(text: string): string {
  const bytes = Buffer.from(text)
    .toString('latin1')
    .replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}

/** Metadata of the application's entries: mostly valid properties. */
export const metadata = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 2, arbitrary: fc.stringMatching(/^[a-z]{1,5}(=[a-z0-9]{1,5})?$/) },
  { weight: 1, arbitrary: anyText },
)

export const contextWith = (values: Record<string, string>, metadata = ''): Context =>
  propagation.setBaggage(
    ROOT_CONTEXT,
    propagation.createBaggage(
      Object.fromEntries(
        Object.entries(values).map(([key, value]) => [
          key,
          { value, ...(metadata && { metadata: baggageEntryMetadataFromString(metadata) }) },
        ]),
      ),
    ),
  )

const BAGGAGE_KEY = createContextKey('OpenTelemetry Baggage Key')
const fail = () => {
  throw new Error('hostile')
}
const HOSTILE: unknown[] = [
  undefined,
  null,
  0,
  'text',
  Symbol('x'),
  {},
  [],
  Object.freeze({ baggage: 'a=1' }),
  Object.create(null),
  new Proxy({}, { get: fail, has: fail, ownKeys: fail, set: fail }),
  { getEntry: fail, getAllEntries: fail },
  { getEntry: () => ({ value: 7 }), getAllEntries: () => [['a', { value: Symbol('x') }]] },
  { getEntry: () => null, getAllEntries: () => 7 },
  {
    get: fail,
    get baggage() {
      return fail()
    },
  },
]

/** Index of a hostile value. fast-check needs the index, because it cannot hold a value that throws when it is read. */
export const hostileIndex = fc.nat({ max: HOSTILE.length - 1 })
export const hostileValue = (index: number): unknown => HOSTILE[index]

/** A hostile value as context, or a context with a hostile value as baggage. */
export const hostileContext = (index: number, asBaggage: boolean): Context =>
  asBaggage ? ROOT_CONTEXT.setValue(BAGGAGE_KEY, HOSTILE[index]) : (HOSTILE[index] as Context)

import { type BaggageEntry, baggageEntryMetadataFromString } from '@opentelemetry/api'

/** What every receiver must be able to take: https://www.w3.org/TR/baggage/#limits */
const MAX_MEMBERS = 64
const MAX_BYTES = 8192

/** https://www.w3.org/TR/baggage/#definition, `property`. Linear: parts next to each other share no character. */
const PROPERTY = /^[\t ]*[\w!#$%&'*+.^`|~-]+[\t ]*(=[\t ]*([!#-+\--:<-[\]-~]+[\t ]*)?)?$/

/** What no header value can hold (RFC 9110, section 5.5). Of all the rest, one character is one byte. */
const NOT_IN_HEADERS = /[^\t\x20-\x7e\x80-\xff]/

/** Returns the list-members of a header, each byte for byte, but for empty ones and those that no header can hold. */
export function splitMembers(header: string): string[] {
  return header.split(',').filter((member) => member.trim() && !NOT_IN_HEADERS.test(member))
}

/** Returns the key of a list-member as a receiver reads it, which may be written in more than one way. */
export function memberKey(member: string): string {
  const end = member.search(/[=;]/)
  return percentDecode((end < 0 ? member : member.slice(0, end)).trim())
}

/** Returns a context entry as a list-member, or an empty string if there is no way to write it. */
export function encodeMember(key: string, entry: BaggageEntry): string {
  try {
    return key && `${percentEncode(key)}=${percentEncode(entry.value)}${encodeProperties(entry)}`
  } catch {
    return ''
  }
}

/** The metadata goes along only if it is a list of W3C properties: it is the application's, and free text. */
function encodeProperties(entry: BaggageEntry): string {
  try {
    const properties = entry.metadata ? `${entry.metadata}` : ''
    return properties.split(';').every((property) => PROPERTY.test(property)) ? `;${properties}` : ''
  } catch {
    return ''
  }
}

/** Joins as many members as the limits allow. Those in front come first; each goes whole or not at all. */
export function joinMembers(members: readonly string[]): string {
  let header = ''
  let count = 0
  for (const member of members) {
    const longer = header ? `${header},${member}` : member
    if (longer.length > MAX_BYTES) continue
    header = longer
    if (++count === MAX_MEMBERS) break
  }
  return header
}

/**
 * Reads a header into entries, the last of those with the same key. As the W3C text asks, and unlike OpenTelemetry's
 * own propagator, an empty value counts and what is not UTF-8 becomes U+FFFD.
 */
export function parseBaggage(header: string): Record<string, BaggageEntry> {
  // Without a prototype `__proto__` is a key like any other.
  const entries: Record<string, BaggageEntry> = Object.create(null)
  for (const member of header.split(',')) {
    const [pair = ''] = member.split(';', 1)
    const [name = ''] = pair.split('=', 1)
    const key = percentDecode(name.trim())
    if (!key || name === pair) continue
    const entry: BaggageEntry = { value: percentDecode(pair.slice(name.length + 1).trim()) }
    const properties = member.slice(pair.length + 1)
    if (properties) entry.metadata = baggageEntryMetadataFromString(properties)
    entries[key] = entry
  }
  return entries
}

/** Encodes a key or a value; a key may hold neither parenthesis, which encodeURIComponent leaves as they are. */
export function percentEncode(text: string): string {
  if (/^[\w!~*'.-]*$/.test(text)) return text
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd')).replace(/[()]/g, (char) =>
    char === '(' ? '%28' : '%29',
  )
}

function percentDecode(text: string): string {
  if (!text.includes('%')) return text
  // URLSearchParams turns what is not UTF-8 into U+FFFD, where decodeURIComponent throws.
  return new URLSearchParams(`=${text.replace(/[+&]/g, encodeURIComponent)}`).get('') ?? text
}

import type { BaggageEntry } from '@opentelemetry/api'

/** What every receiver must be able to take: https://www.w3.org/TR/baggage/#limits */
const MAX_MEMBERS = 64
const MAX_BYTES = 8192

/** Key, `=`, value and properties of a list-member. Each part ends at a character that it cannot hold: linear time. */
const MEMBER = /^([^=;]*)(=?)([^;]*);?(.*)/s

/** `property` of https://www.w3.org/TR/baggage/#definition, each behind its `;`. Linear time, for the same reason. */
const PROPERTIES = /^(;[\t ]*[\w!#-'*+.^`|~-]+[\t ]*(=[\t ]*([!#-+\--:<-[\]-~]+[\t ]*)?)?)+$/

/** What a header value can hold (RFC 9110, section 5.5), which is one byte a character. */
const SENDABLE = /^[\t -~\x80-\xff]+$/

/** Returns the key of a list-member as a receiver reads it; there is more than one way to write it. */
export function memberKey(member: string): string {
  return percentDecode(MEMBER.exec(member)?.[1])
}

/** Returns key, value and properties of each list-member that has a key and a value, be it an empty one. */
export function parseMembers(header: string): [key: string, value: string, properties: string | undefined][] {
  return header.split(',').flatMap((member) => {
    const [, key, equals, value, properties] = MEMBER.exec(member) ?? []
    return equals && key?.trim() ? [[percentDecode(key), percentDecode(value), properties]] : []
  })
}

/** Returns a context entry as a list-member, or an empty string if there is no way to write it. */
export function encodeMember(key: string, entry: BaggageEntry): string {
  try {
    // Metadata is free text of the application's: it goes along if it is a list of properties.
    const properties = `;${entry.metadata ?? ''}`
    return `${percentEncode(key)}=${percentEncode(entry.value)}${PROPERTIES.test(properties) ? properties : ''}`
  } catch {
    return ''
  }
}

/**
 * Adds as many members as the limits allow, those in front first, each whole or not at all, and none that is blank or
 * cannot be sent. What is there already stays as it is, be it over the limits or nothing that can be sent.
 */
export function addMembers(header: string, members: readonly string[]): string {
  let joined = header
  let count = header ? header.split(',').length : 0
  for (const member of members) {
    const longer = joined ? `${joined},${member}` : member
    if (count < MAX_MEMBERS && longer.length <= MAX_BYTES && SENDABLE.test(member) && member.trim()) {
      joined = longer
      count++
    }
  }
  return SENDABLE.test(joined) ? joined : header
}

/** Encodes a key or a value. A key may hold no parenthesis, which encodeURIComponent leaves as it is. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll('(', '%28').replaceAll(')', '%29')
}

/** As the W3C text asks, what is not UTF-8 becomes U+FFFD; decodeURIComponent would throw. */
function percentDecode(text = ''): string {
  const trimmed = text.trim()
  if (!trimmed.includes('%')) return trimmed
  return new URLSearchParams(`=${trimmed.replace(/[+&]/g, encodeURIComponent)}`).get('') as string
}

import type { BaggageEntry } from '@opentelemetry/api'

/** Key, `=`, value and properties of a list-member. Each group excludes its own delimiter: linear time. */
const MEMBER = /^([^=;]*)(=?)([^;]*);?(.*)/s
type Groups = [member: string, key: string, equals: string, value: string, properties: string]

/** `property` of https://www.w3.org/TR/baggage/#definition. Linear time, for the same reason. */
const PROPERTY = /^[\w!#-'*+.^`|~-]+[\t ]*(=[\t ]*[!#-+\--:<-[\]-~]*)?$/

/** Returns the key of a list-member as a receiver reads it; there is more than one way to write it. */
export function memberKey(member: string): string {
  return percentDecode((MEMBER.exec(member) as string[] as Groups)[1])
}

/** Returns key, value and properties of each list-member that has a key and a value, be it an empty one. */
export function parseMembers(header: string): [key: string, value: string, properties: string][] {
  return header.split(',').flatMap((member) => {
    const [, key, equals, value, properties] = MEMBER.exec(member) as string[] as Groups
    return equals && key.trim() ? [[percentDecode(key), percentDecode(value), properties]] : []
  })
}

/** Returns a context entry as a list-member, or an empty string if there is no way to write it. */
export function encodeMember(key: string, entry: BaggageEntry): string {
  try {
    // Metadata is free text of the application's: what is a property in it goes along.
    const properties = `${entry.metadata ?? ''}`.split(';').map((property) => property.trim())
    const member = `${percentEncode(key)}=${percentEncode(entry.value)}`
    return [member, ...properties.filter((property) => PROPERTY.test(property))].join(';')
  } catch {
    return ''
  }
}

/** Encodes a key or a value. A key may hold no parenthesis, which encodeURIComponent leaves as it is. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll('(', '%28').replaceAll(')', '%29')
}

/** As the W3C text asks, what is not UTF-8 becomes U+FFFD; decodeURIComponent would throw. */
function percentDecode(text: string): string {
  return new URLSearchParams(`=${text.trim().replace(/[+&]/g, encodeURIComponent)}`).get('') as string
}

import type { BaggageEntry } from '@opentelemetry/api'

/** Key, `=`, value and properties of a list-member. Each group excludes its delimiter, so matching cannot backtrack. */
const MEMBER = /^([^=;]*)(=?)([^;]*);?(.*)/s
type Groups = [member: string, key: string, equals: string, value: string, properties: string]

/** `property` of https://www.w3.org/TR/baggage/#definition. No two neighbouring parts share a character. */
const PROPERTY = /^[\w!#-'*+.^`|~-]+[\t ]*(=[\t ]*[!#-+\--:<-[\]-~]*)?$/

/** Returns the decoded key of a list-member: `session%2Eid` is `session.id` to a receiver. */
export function memberKey(member: string): string {
  return percentDecode((MEMBER.exec(member) as string[] as Groups)[1])
}

/** Returns key, value and properties of each list-member that has a key and a `=`. The value may be empty. */
export function parseMembers(header: string): [key: string, value: string, properties: string][] {
  return header.split(',').flatMap((member) => {
    const [, key, equals, value, properties] = MEMBER.exec(member) as string[] as Groups
    return equals && key.trim() ? [[percentDecode(key), percentDecode(value), properties]] : []
  })
}

/** Returns a context entry as a list-member, or `''` if the entry cannot be encoded. */
export function encodeMember(key: string, entry: BaggageEntry): string {
  try {
    // Metadata is free text of the application. Only valid properties are sent.
    const properties = `${entry.metadata ?? ''}`.split(';').map((property) => property.trim())
    const member = `${percentEncode(key)}=${percentEncode(entry.value)}`
    return [member, ...properties.filter((property) => PROPERTY.test(property))].join(';')
  } catch {
    return ''
  }
}

/** Percent-encodes a key or a value. encodeURIComponent keeps parentheses, which a key must not contain. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll('(', '%28').replaceAll(')', '%29')
}

/** Turns invalid UTF-8 into U+FFFD, as the W3C text asks. decodeURIComponent would throw. */
function percentDecode(text: string): string {
  return new URLSearchParams(`=${text.trim().replace(/[+&]/g, encodeURIComponent)}`).get('') as string
}

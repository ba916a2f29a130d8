/**
 * Reads one member of a W3C `baggage` header: its percent-decoded value, without properties, or `undefined` when no
 * member of that name has a value that decodes. Of several members of the same name the last one counts, as in
 * OpenTelemetry's W3CBaggagePropagator. One pass, never throws.
 *
 * @param header the header as Node gives it: one string, or an array where a carrier keeps repeated headers apart
 * @see https://www.w3.org/TR/baggage/#header-content
 */
export function baggageMember(header: unknown, key: string): string | undefined {
  if (Array.isArray(header))
    return baggageMember(header.filter((line) => typeof line === 'string').join(), key)
  if (typeof header !== 'string') return undefined
  let found: string | undefined
  for (let start = 0; start < header.length; ) {
    const comma = header.indexOf(',', start)
    const end = comma === -1 ? header.length : comma
    const member = header.slice(start, end)
    if (memberKey(member) === key) found = memberValue(member) || found
    start = end + 1
  }
  return found
}

/** Key of a list-member, decoded: `session%2Eid` is `session.id` to a receiver. Empty if there is none. */
export function memberKey(member: string): string {
  // A member without '=' has no key.
  const key = member.slice(0, Math.max(member.indexOf('='), 0)).trim()
  return decoded(key) ?? key
}

function memberValue(member: string): string | undefined {
  const end = member.indexOf(';')
  return decoded(member.slice(member.indexOf('=') + 1, end === -1 ? undefined : end).trim())
}

function decoded(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

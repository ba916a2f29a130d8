/**
 * Reads one member of an incoming W3C `baggage` header: its percent-decoded value, without properties, or
 * `undefined` when no member of that name has a value that decodes. Of several members of the same name the last
 * one counts, as in OpenTelemetry's W3CBaggagePropagator. One pass, never throws.
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
    found = memberValue(header.slice(start, end), key) ?? found
    start = end + 1
  }
  return found
}

function memberValue(member: string, key: string): string | undefined {
  const equals = member.indexOf('=')
  if (equals === -1 || member.slice(0, equals).trim() !== key) return undefined
  const semicolon = member.indexOf(';', equals)
  const value = member.slice(equals + 1, semicolon === -1 ? undefined : semicolon).trim()
  if (!value.includes('%')) return value || undefined
  try {
    return decodeURIComponent(value) || undefined
  } catch {
    return undefined
  }
}

import { SESSION_BAGGAGE_KEY } from './session-from-baggage.js'

/** Keys that RUM writes. `user.id` and `account.id` are RUM's only beside a `session.id`: applications use them too. */
export const RUM_BAGGAGE_KEYS: readonly string[] = [SESSION_BAGGAGE_KEY, 'user.id', 'account.id']

/**
 * Reads the members of one name in a W3C `baggage` header: their percent-decoded values, without properties and without
 * those that are empty or do not decode. The last one counts, as in OpenTelemetry's W3CBaggagePropagator. One pass,
 * never throws.
 *
 * @param header the header as Node gives it: one string, or an array where a carrier keeps repeated headers apart
 * @see https://www.w3.org/TR/baggage/#header-content
 */
export function baggageValues(header: unknown, key: string): string[] {
  if (Array.isArray(header))
    return baggageValues(header.filter((line) => typeof line === 'string').join(), key)
  const values: string[] = []
  if (typeof header !== 'string') return values
  for (let start = 0; start < header.length; ) {
    const comma = header.indexOf(',', start)
    const end = comma === -1 ? header.length : comma
    const member = header.slice(start, end)
    const value = memberKey(member) === key && memberValue(member)
    if (value) values.push(value)
    start = end + 1
  }
  return values
}

/** Says whether a `baggage` header has a member `session.id`, valid or not. Never throws. */
export function hasSessionMember(header: string): boolean {
  return header.split(',').some((member) => memberKey(member) === SESSION_BAGGAGE_KEY)
}

/**
 * Returns a `baggage` header without what RUM wrote: `session.id`, `user.id` and `account.id`, if there is a
 * `session.id`. The other members stay byte for byte. Returns `''` where no member is left. Never throws.
 *
 * @param besideSession whether the session is known elsewhere: in another line of the header, or in the context
 */
export function withoutRumMembers(header: string, besideSession = hasSessionMember(header)): string {
  if (!besideSession) return header
  const members = header.split(',')
  const rest = members.filter((member) => !RUM_BAGGAGE_KEYS.includes(memberKey(member)))
  if (rest.length === members.length) return header
  if (rest.every((member) => member.trim() === '')) return ''
  // Node's HTTP/2 drops a header that begins or ends with a blank, as one would whose blank stood at a comma.
  const text = rest.join(',')
  const start = rest[0] === members[0] ? text : text.trimStart()
  return rest.at(-1) === members.at(-1) ? start : start.trimEnd()
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

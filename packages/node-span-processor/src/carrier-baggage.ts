import { SESSION_BAGGAGE_KEY } from './session-from-baggage.js'

/**
 * Removes `session.id` from a `baggage` header that is already in the carrier, and leaves the other members as they
 * are. A gateway that copies the headers of its own request brings one along, which no propagator has written. Never
 * throws; a carrier that is neither Headers nor an object of headers stays as it is.
 */
export function removeSessionMember(carrier: unknown): void {
  try {
    if (carrier instanceof Headers) removeFromHeaders(carrier)
    else if (typeof carrier === 'object' && carrier !== null)
      removeFromRecord(carrier as Record<string, unknown>)
  } catch {
    // A frozen or exotic carrier: nothing can be removed.
  }
}

/** Returns a header of the carrier whatever the case of its name, or nothing. Never throws. */
export function headerOf(carrier: unknown, name: string): string | undefined {
  try {
    if (carrier instanceof Headers) return carrier.get(name) ?? undefined
    const headers = carrier as Record<string, unknown>
    const key = Object.keys(headers).find((candidate) => candidate.toLowerCase() === name)
    return key !== undefined && typeof headers[key] === 'string' ? headers[key] : undefined
  } catch {
    return undefined
  }
}

function removeFromHeaders(headers: Headers): void {
  const header = headers.get('baggage')
  if (header === null) return
  const rest = withoutSession(header)
  if (rest === '') headers.delete('baggage')
  else if (rest !== header) headers.set('baggage', rest)
}

function removeFromRecord(headers: Record<string, unknown>): void {
  for (const name of Object.keys(headers)) {
    if (name.toLowerCase() !== 'baggage') continue
    const value = headers[name]
    const lines = Array.isArray(value) ? value : [value]
    const rest = lines
      .map((line) => (typeof line === 'string' ? withoutSession(line) : line))
      .filter((line) => line !== '')
    if (rest.length === 0) delete headers[name]
    else headers[name] = Array.isArray(value) ? rest : rest[0]
  }
}

function withoutSession(header: string): string {
  const members = header.split(',')
  const rest = members.filter((member) => keyOf(member) !== SESSION_BAGGAGE_KEY)
  return rest.length === members.length ? header : rest.join(',').trim()
}

function keyOf(member: string): string {
  const key = member.slice(0, member.indexOf('=')).trim()
  try {
    // OpenTelemetry decodes keys too, so session%2Eid arrives as session.id.
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

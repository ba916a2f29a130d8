import { SESSION_BAGGAGE_KEY } from './session-from-baggage.js'

/**
 * Removes `session.id` from a `baggage` header that is already in the carrier, and leaves the other members as they
 * are. A gateway that copies the headers of its own request brings one along, which no propagator has written. Never
 * throws; Headers of any make, a Map and an object of headers are known; another carrier stays as it is.
 */
export function removeSessionMember(carrier: unknown): void {
  try {
    if (isKeyed(carrier)) removeFromKeyed(carrier)
    else if (typeof carrier === 'object' && carrier !== null)
      removeFromRecord(carrier as Record<string, unknown>)
  } catch {
    // A frozen or exotic carrier: nothing can be removed.
  }
}

/** Returns a header of the carrier whatever the case of its name, or nothing. Never throws. */
export function headerOf(carrier: unknown, name: string): string | undefined {
  try {
    if (isKeyed(carrier)) {
      const value = carrier.get(namesIn(carrier, name)[0] ?? name)
      return typeof value === 'string' ? value : undefined
    }
    const headers = carrier as Record<string, unknown>
    const key = Object.keys(headers).find((candidate) => candidate.toLowerCase() === name)
    return key !== undefined && typeof headers[key] === 'string' ? headers[key] : undefined
  } catch {
    return undefined
  }
}

/** Headers, of Node or of another undici, or a Map. */
interface Keyed {
  get(name: string): unknown
  set(name: string, value: string): unknown
  delete(name: string): unknown
}

function isKeyed(carrier: unknown): carrier is Keyed {
  const { get, set, delete: remove } = (carrier ?? {}) as Partial<Keyed>
  return typeof get === 'function' && typeof set === 'function' && typeof remove === 'function'
}

/** Headers do not tell names of different case apart, a Map does. */
function namesIn(carrier: Keyed, name: string): string[] {
  if (!(carrier instanceof Map)) return [name]
  return [...carrier.keys()].filter((key) => typeof key === 'string' && key.toLowerCase() === name)
}

function removeFromKeyed(carrier: Keyed): void {
  for (const name of namesIn(carrier, 'baggage')) {
    const header = carrier.get(name)
    if (typeof header !== 'string') continue
    const rest = withoutSession(header)
    if (rest === '') carrier.delete(name)
    else if (rest !== header) carrier.set(name, rest)
  }
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

import { SESSION_BAGGAGE_KEY } from './session-from-baggage.js'

/**
 * Removes `session.id` from a `baggage` header that is already in the carrier, and leaves the other members as they
 * are. A gateway that copies the headers of its own request brings one along, which no propagator has written. Never
 * throws; Headers of any make, gRPC's Metadata, a Map and an object of headers are known; another carrier stays as it
 * is.
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

/**
 * Returns every value that the carrier has for a header, whatever the case of its name: Node sends the last of `Host`
 * and `host`, others may send the first. Never throws.
 *
 * @param name in lower case
 */
export function headersOf(carrier: unknown, name: string): string[] {
  try {
    if (isKeyed(carrier)) return textsIn(namesIn(carrier, name).map((key) => carrier.get(key)))
    const headers = carrier as Record<string, unknown>
    let values: string[] = []
    // Object.keys() would make an array for every request, of which most have no such header.
    for (const key in headers) {
      if (key.length === name.length && key.toLowerCase() === name)
        values = [...values, ...textsIn([headers[key]])]
    }
    return values
  } catch {
    return []
  }
}

function textsIn(values: unknown[]): string[] {
  return values.flat().filter((value) => typeof value === 'string')
}

/** Headers, of Node or of another undici, or a Map; or gRPC's Metadata, which has `remove` and gives a list. */
interface Keyed {
  get(name: string): unknown
  set(name: string, value: string): unknown
  delete?(name: string): unknown
  remove?(name: string): unknown
}

function isKeyed(carrier: unknown): carrier is Keyed {
  const { get, set, delete: del, remove } = (carrier ?? {}) as Partial<Keyed>
  return typeof get === 'function' && typeof set === 'function' && typeof (del ?? remove) === 'function'
}

/** Headers do not tell names of different case apart, a Map does. */
function namesIn(carrier: Keyed, name: string): string[] {
  if (!(carrier instanceof Map)) return [name]
  return [...carrier.keys()].filter((key) => typeof key === 'string' && key.toLowerCase() === name)
}

function removeFromKeyed(carrier: Keyed): void {
  for (const name of namesIn(carrier, 'baggage')) {
    const value = carrier.get(name)
    const header = Array.isArray(value) ? value.join(',') : value
    if (typeof header !== 'string') continue
    const rest = withoutSession(header)
    if (rest === '') (carrier.delete ?? carrier.remove)?.call(carrier, name)
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
  // What has no '=' is no member, and has no key.
  const key = member.slice(0, Math.max(member.indexOf('='), 0)).trim()
  try {
    // OpenTelemetry decodes keys too, so session%2Eid arrives as session.id.
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

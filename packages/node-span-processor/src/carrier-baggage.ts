import { hasSessionMember, withoutRumMembers } from './baggage-header.js'

/**
 * Removes what RUM wrote from a `baggage` header that is already in the carrier; see {@link withoutRumMembers}. A
 * gateway that copies the headers of the request it serves brings one along, which no propagator has written. Never
 * throws; Headers of any make, gRPC's Metadata, a Map and an object of headers are known; another carrier stays as it
 * is.
 *
 * @param besideSession whether a `session.id` is known elsewhere, in the context say
 * @returns whether something was removed
 */
export function removeRumMembers(carrier: unknown, besideSession = false): boolean {
  const lines = headersOf(carrier, 'baggage')
  if (!besideSession && !lines.some(hasSessionMember)) return false
  if (!lines.some((line) => withoutRumMembers(line, true) !== line)) return false
  try {
    if (isKeyed(carrier)) removeFromKeyed(carrier)
    else removeFromRecord(carrier as Record<string, unknown>)
    return true
  } catch {
    // A frozen or exotic carrier: nothing can be removed.
    return false
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
    const rest = withoutRumMembers(header, true)
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
      .map((line) => (typeof line === 'string' ? withoutRumMembers(line, true) : line))
      .filter((line) => line !== '')
    if (rest.length === 0) delete headers[name]
    else headers[name] = Array.isArray(value) ? rest : rest[0]
  }
}

import { hasSessionMember, withoutRumMembers } from './baggage-header.js'

/** Headers, of Node or of another undici, or a Map; or gRPC's Metadata, which has `remove` and gives a list. */
export interface KeyedHeaders {
  get(name: string): unknown
  set(name: string, value: string): unknown
  delete?(name: string): unknown
  remove?(name: string): unknown
}

/**
 * Removes what RUM wrote from a `baggage` header that is already in the carrier; see {@link withoutRumMembers}. A
 * gateway that copies the headers of the request it serves brings one along, which no propagator has written. Never
 * throws; Headers of any make, gRPC's Metadata, a Map and an object of headers are known; another carrier stays as it
 * is.
 *
 * @param besideSession whether a `session.id` is known elsewhere, in the context say
 * @returns whether something was removed
 */
export function removeRumMembers(carrier: unknown, besideSession: boolean): boolean {
  if (!besideSession && !headersOf(carrier, 'baggage').some(hasSessionMember)) return false
  let isRemoved = false
  try {
    for (const name of namesIn(carrier, 'baggage')) {
      const value = isKeyed(carrier) ? carrier.get(name) : (carrier as Record<string, unknown>)[name]
      const lines = [value].flat()
      const rest = lines.map((line) => (typeof line === 'string' ? withoutRumMembers(line, true) : line))
      if (rest.every((line, index) => line === lines[index])) continue
      const left = rest.filter((line) => line !== '')
      if (isKeyed(carrier)) replace(carrier, name, left.join(','))
      else if (left.length === 0) delete (carrier as Record<string, unknown>)[name]
      else Object.assign(carrier as object, { [name]: Array.isArray(value) ? left : left[0] })
      isRemoved = true
    }
  } catch {
    // A frozen or exotic carrier: nothing can be removed.
  }
  return isRemoved
}

/**
 * Returns every value that the carrier has for a header, whatever the case of its name: Node sends the last of `Host`
 * and `host`, others may send the first. Never throws.
 *
 * @param name in lower case
 */
export function headersOf(carrier: unknown, name: string): string[] {
  try {
    const values = namesIn(carrier, name).map((key) =>
      isKeyed(carrier) ? carrier.get(key) : (carrier as Record<string, unknown>)[key],
    )
    return values.flat().filter((value) => typeof value === 'string')
  } catch {
    return []
  }
}

function isKeyed(carrier: unknown): carrier is KeyedHeaders {
  const { get, set, delete: del, remove } = (carrier ?? {}) as Partial<KeyedHeaders>
  return typeof get === 'function' && typeof set === 'function' && typeof (del ?? remove) === 'function'
}

/** Headers do not tell names of different case apart, a Map and an object do. */
function namesIn(carrier: unknown, name: string): string[] {
  if (isKeyed(carrier) && !(carrier instanceof Map)) return [name]
  const names: unknown[] = carrier instanceof Map ? [...carrier.keys()] : Object.keys(carrier ?? {})
  return names.filter(
    (key) => typeof key === 'string' && key.length === name.length && key.toLowerCase() === name,
  ) as string[]
}

function replace(headers: KeyedHeaders, name: string, value: string): void {
  if (value === '') (headers.delete ?? headers.remove)?.call(headers, name)
  else headers.set(name, value)
}

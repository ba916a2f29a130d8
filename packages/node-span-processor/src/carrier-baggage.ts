import { hasSessionMember, withoutRumMembers } from './baggage-header.js'

/** Headers of Node or of an undici version, a Map, or gRPC's Metadata, which has `remove` and returns lists. */
export interface KeyedHeaders {
  get(name: string): unknown
  set(name: string, value: string): unknown
  delete?(name: string): unknown
  remove?(name: string): unknown
}

/**
 * Removes RUM's members from the `baggage` headers of a carrier; see {@link withoutRumMembers}. No propagator wrote
 * these: a gateway copies them from the request that it serves, for example. Supports Headers, gRPC's Metadata, Maps and
 * plain objects, and leaves other carriers unchanged. Never throws.
 *
 * @param besideSession whether there is a `session.id` elsewhere, such as in the context
 * @returns whether a member was removed
 */
export function removeRumMembers(carrier: unknown, besideSession: boolean): boolean {
  if (!besideSession && !headersOf(carrier, 'baggage').some(hasSessionMember)) return false
  let isRemoved = false
  try {
    for (const name of namesIn(carrier, 'baggage')) {
      const value = headerValue(carrier, name)
      const lines = [value].flat()
      const rest = lines.map((line) => (typeof line === 'string' ? withoutRumMembers(line, true) : line))
      if (rest.every((line, index) => line === lines[index])) continue
      const left = rest.filter((line) => line !== '')
      if (isKeyed(carrier)) replaceHeader(carrier, name, left.join(','))
      else if (left.length === 0) delete (carrier as Record<string, unknown>)[name]
      else Object.assign(carrier as object, { [name]: Array.isArray(value) ? left : left[0] })
      isRemoved = true
    }
  } catch {
    // A frozen or exotic carrier.
  }
  return isRemoved
}

/**
 * Returns all values of a header, for any case of its name. An object may have both `Host` and `host`: Node sends the
 * last one, other clients may send the first. Never throws.
 *
 * @param name in lower case
 */
export function headersOf(carrier: unknown, name: string): string[] {
  try {
    const values = namesIn(carrier, name).flatMap((key) => headerValue(carrier, key))
    return values.filter((value) => typeof value === 'string')
  } catch {
    return []
  }
}

/** Sets a header, or deletes it if `value` is empty. */
export function replaceHeader(headers: KeyedHeaders, name: string, value: string): void {
  if (value === '') (headers.delete ?? headers.remove)?.call(headers, name)
  else headers.set(name, value)
}

function isKeyed(carrier: unknown): carrier is KeyedHeaders {
  const { get, set, delete: del, remove } = (carrier ?? {}) as Partial<KeyedHeaders>
  return typeof get === 'function' && typeof set === 'function' && typeof (del ?? remove) === 'function'
}

function headerValue(carrier: unknown, name: string): unknown {
  return isKeyed(carrier) ? carrier.get(name) : (carrier as Record<string, unknown>)[name]
}

/** Headers ignore the case of names. A Map and an object do not. */
function namesIn(carrier: unknown, name: string): string[] {
  if (isKeyed(carrier) && !(carrier instanceof Map)) return [name]
  const names: unknown[] = carrier instanceof Map ? [...carrier.keys()] : Object.keys(carrier ?? {})
  return names.filter(
    (key) => typeof key === 'string' && key.length === name.length && key.toLowerCase() === name,
  ) as string[]
}

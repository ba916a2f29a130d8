import { hasSessionMember, RUM_BAGGAGE_KEYS, withoutRumMembers } from './baggage-header.js'
import { SESSION_BAGGAGE_KEY } from './session-from-baggage.js'

/** Jaeger's and OpenTracing's propagators send a header for each entry. */
const PREFIXES = ['uberctx-', 'ot-baggage-']

/** Headers of Node or of an undici version, a Map, or gRPC's Metadata, which has `remove` and returns lists. */
export interface KeyedHeaders {
  get(name: string): unknown
  set(name: string, value: string): unknown
  delete?(name: string): unknown
  remove?(name: string): unknown
}

/** Whether a propagator with these fields sends baggage, in the W3C header or those of Jaeger or OpenTracing. */
export function sendsBaggage(fields: readonly string[]): boolean {
  return ['baggage', 'uber-trace-id', 'ot-tracer-traceid'].some((field) => fields.includes(field))
}

/**
 * Removes RUM's members from the `baggage` headers of a carrier, see {@link withoutRumMembers}, and the headers that Jaeger
 * and OpenTracing have for them. Such headers need not come from a propagator: a gateway copies them from the request that
 * it serves. Supports Headers, gRPC's Metadata, Maps and plain objects, and leaves other carriers unchanged. Never throws.
 *
 * @param besideSession whether there is a `session.id` elsewhere, such as in the context
 * @returns whether a member was removed
 */
export function removeRumMembers(carrier: unknown, besideSession: boolean): boolean {
  const prefixes = PREFIXES.filter((prefix) => headersOf(carrier, prefix + SESSION_BAGGAGE_KEY).length > 0)
  const hasSession =
    besideSession || prefixes.length > 0 || headersOf(carrier, 'baggage').some(hasSessionMember)
  if (!hasSession) return false
  const names = prefixes.flatMap((prefix) => RUM_BAGGAGE_KEYS.map((key) => prefix + key))
  const removed = names.filter((name) => rewriteHeader(carrier, name, () => ''))
  return rewriteHeader(carrier, 'baggage', withoutRumMembers) || removed.length > 0
}

/**
 * Replaces each value of a header by the result of `rewrite`, and deletes empty ones. Never throws.
 *
 * @param name in lower case
 * @returns whether a value has changed
 */
export function rewriteHeader(carrier: unknown, name: string, rewrite: (line: string) => string): boolean {
  let hasChanged = false
  try {
    for (const key of namesIn(carrier, name)) {
      const value = headerValue(carrier, key)
      const lines = [value].flat()
      const rewritten = lines.map((line) => (typeof line === 'string' ? rewrite(line) : line))
      if (rewritten.every((line, index) => line === lines[index])) continue
      const left = rewritten.filter((line) => line !== '')
      if (isKeyed(carrier)) {
        if (left.length > 0) carrier.set(key, left.join(','))
        else (carrier.delete ?? carrier.remove)?.call(carrier, key)
      } else if (left.length === 0) delete (carrier as Record<string, unknown>)[key]
      else Object.assign(carrier as object, { [key]: Array.isArray(value) ? left : left[0] })
      hasChanged = true
    }
  } catch {
    // A frozen or exotic carrier.
  }
  return hasChanged
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

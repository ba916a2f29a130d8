export const BAGGAGE_HEADER = 'baggage'

/** What a carrier may be: Headers, a Map, or an object of headers, which has none of the methods. */
export interface Carrier {
  get(name: string): unknown
  set(name: string, value: string): unknown
  delete(name: string): unknown
  [name: string]: unknown
}

/** Returns the names that the `baggage` header has in the carrier: in a Map and in an object they may differ in case. */
export function headerNames(carrier: Carrier): string[] {
  const isMap = carrier instanceof Map
  // Headers are not asked for their keys, which takes long.
  if (typeof carrier.get === 'function' && !isMap) return [BAGGAGE_HEADER]
  const names: string[] = isMap ? [...carrier.keys()] : Object.keys(carrier)
  return names.filter((name) => `${name}`.toLowerCase() === BAGGAGE_HEADER)
}

/** What the viewer keeps at most. Whatever passes a bound is the oldest, and goes; a text is cut. */
export interface Limits {
  sessions: number
  /** Views, actions, resources and errors each. */
  eventsPerSession: number
  traces: number
  spansPerTrace: number
  attributesPerSpan: number
  textLength: number
  /** All that is stored, as characters of JSON. */
  storedCharacters: number
  /** One request's body, before and after decompression. */
  bodyBytes: number
}

export const DEFAULT_LIMITS: Readonly<Limits> = {
  sessions: 5_000,
  eventsPerSession: 500,
  traces: 5_000,
  spansPerTrace: 500,
  attributesPerSpan: 128,
  textLength: 65_536,
  storedCharacters: 128 * 1024 * 1024,
  bodyBytes: 8 * 1024 * 1024,
}

/** What longer ids than these stand for is refused; of a session, they are cut. */
export const MAX_ID = 64
export const MAX_SESSION_ID = 256

/** Of arrays, maps and messages in one body: each costs far more memory than the two bytes that can stand for it. */
export const MAX_CONTAINERS = 500_000

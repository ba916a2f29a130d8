import type { Baggage } from '@opentelemetry/api'
import { type SessionIdValidator, sessionFromBaggage } from './session-from-baggage.js'

// A property of the span, since a WeakMap costs ten times as much; and one symbol for all processors, since with one
// each the property would be looked up by name at every span.
const PENDING = Symbol('rum-llmobs.session')

/** A span, or anything else a processor is given in its place. */
export interface PendingSpan {
  [PENDING]?: PendingSession | PendingSession[] | undefined
}

/** The session that one processor keeps until its spans end. Shared by the spans that started with one baggage. */
export class PendingSession {
  readonly baggage: Baggage
  readonly #owner: object
  readonly #isValid: SessionIdValidator
  #sessionId: string | undefined
  #isRead = false

  constructor(baggage: Baggage, owner: object, isValid: SessionIdValidator) {
    this.baggage = baggage
    this.#owner = owner
    this.#isValid = isValid
  }

  /** The valid session id, or nothing. Read at the first call: most spans never ask. */
  get sessionId(): string | undefined {
    if (!this.#isRead) {
      this.#sessionId = sessionFromBaggage(this.baggage, this.#isValid)
      this.#isRead = true
    }
    return this.#sessionId
  }

  /** Keeps this session on the span, beside that of another processor on the same provider. */
  keepOn(span: PendingSpan): void {
    const kept = span[PENDING]
    span[PENDING] = kept === undefined ? this : [kept, this].flat()
  }

  /** Returns the session that `owner` keeps on the span. */
  static keptOn(span: PendingSpan, owner: object): PendingSession | undefined {
    const kept = span[PENDING]
    if (kept === undefined) return undefined
    if (Array.isArray(kept)) return kept.find((pending) => pending.#owner === owner)
    return kept.#owner === owner ? kept : undefined
  }

  /** Returns the session that `owner` keeps on the span, and forgets it. */
  static takeFrom(span: PendingSpan, owner: object): PendingSession | undefined {
    const own = PendingSession.keptOn(span, owner)
    const kept = span[PENDING]
    if (own !== undefined)
      span[PENDING] = Array.isArray(kept) ? kept.filter((pending) => pending !== own) : undefined
    return own
  }
}

import { type Baggage, type Context, propagation, type Span, SpanKind, trace } from '@opentelemetry/api'
import type { RequestSession } from './request-session.js'
import { SESSION_BAGGAGE_KEY, type SessionIdValidator, validSessionId } from './session-from-baggage.js'

// A property costs about 40 ns, a WeakMap about 400 ns.
const SESSION = Symbol('rum-llmobs.session')

type StartedSpan = Span & { readonly kind?: SpanKind; [SESSION]?: string | null }

/** Returns the session that {@link SpanSession} found at the start of a span, `null` for none, undefined for a foreign span. */
export function sessionOf(span: object): string | null | undefined {
  return (span as StartedSpan)[SESSION]
}

/** Finds the session of each span at its start, and stores it on the span for its end and for its children. */
export class SpanSession {
  readonly #requests: RequestSession
  readonly #isValid: SessionIdValidator
  /** Whether any span has got a session. */
  hasFoundOne = false
  // The latest Baggage and its session. A Baggage is immutable, and the spans of a request share it.
  #baggage: Baggage | undefined
  #baggageSession: string | null | undefined

  constructor(requests: RequestSession, isValid: SessionIdValidator) {
    this.#requests = requests
    this.#isValid = isValid
  }

  /**
   * Returns the session of a span that starts, `null` for none. It comes from the baggage of the parent context, else from
   * the local parent, else from the HTTP request being served. An invalid or empty baggage entry means none: so an
   * application refuses the session.
   */
  atStart(started: Span, parentContext: Context): string | null {
    const span: StartedSpan = started
    const request = span.kind === SpanKind.SERVER ? this.#requests.current : undefined
    let session = this.#fromBaggage(propagation.getBaggage(parentContext))
    if (session === undefined) {
      const parent = trace.getSpan(parentContext) as StartedSpan | undefined
      session = parent?.[SESSION]
      if (session === undefined) session = this.#fromRequest(span, parent)
    }
    this.hasFoundOne ||= session !== null
    if (request) request.hasServerSpan = true
    span[SESSION] = session
    return session
  }

  #fromBaggage(baggage: Baggage | undefined): string | null | undefined {
    if (baggage !== this.#baggage) {
      const entry = baggage?.getEntry(SESSION_BAGGAGE_KEY)
      this.#baggageSession = entry && (validSessionId(entry.value, this.#isValid) ?? null)
      this.#baggage = baggage
    }
    return this.#baggageSession
  }

  #fromRequest(span: StartedSpan, parent: Span | undefined): string | null {
    const { current } = this.#requests
    if (!current || span.kind === SpanKind.CONSUMER) return null
    if (span.kind !== SpanKind.SERVER) {
      // A remote parent means that this trace belongs to a message, whose context had no session.
      if (parent?.spanContext().isRemote) return null
      // A SERVER span means that HTTP is instrumented, so the application detached this root on purpose.
      if (current.hasServerSpan) return null
    }
    return validSessionId(current.sessionId, this.#isValid) ?? null
  }
}

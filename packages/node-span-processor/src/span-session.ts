import { type Baggage, type Context, propagation, type Span, SpanKind, trace } from '@opentelemetry/api'
import type { RequestSession } from './request-session.js'
import { SESSION_BAGGAGE_KEY, type SessionIdValidator, validSessionId } from './session-from-baggage.js'

// A property, since a WeakMap costs ten times as much.
const SESSION = Symbol('rum-llmobs.session')

type StartedSpan = Span & { readonly kind?: SpanKind; [SESSION]?: string | null }

/** Returns what {@link SpanSession} found for a span at its start: a session, or nothing. */
export function sessionOf(span: object): string | null | undefined {
  return (span as StartedSpan)[SESSION]
}

/** Finds the session of each span at its start, and keeps it on the span for its end and for the spans below. */
export class SpanSession {
  readonly #requests: RequestSession
  readonly #isValid: SessionIdValidator
  /** Whether any span got a session. */
  hasFoundOne = false
  // A Baggage is immutable and shared by the spans of a request.
  #baggage: Baggage | undefined
  #baggageSession: string | null | undefined

  constructor(requests: RequestSession, isValid: SessionIdValidator) {
    this.#requests = requests
    this.#isValid = isValid
  }

  /**
   * Returns the session of a span that starts, `null` for none. The first of these that has an answer gives it: the
   * baggage of the parent context, whose invalid or empty entry is an application's way to say none; a local parent;
   * the HTTP request being served.
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
      // The trace of a message, which speaks for itself.
      if (parent?.spanContext().isRemote) return null
      // HTTP is instrumented, so the context can be trusted: the application detached this root on purpose.
      if (current.hasServerSpan) return null
    }
    return validSessionId(current.sessionId, this.#isValid) ?? null
  }
}

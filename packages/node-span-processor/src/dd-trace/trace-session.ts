import { AsyncResource } from 'node:async_hooks'
import { RequestSession } from '../request-session.js'
import {
  isSessionId,
  SESSION_BAGGAGE_KEY,
  type SessionIdValidator,
  validSessionId,
} from '../session-from-baggage.js'
import {
  activeTraceSession,
  BAGGAGE_TRACE_TAG,
  type DdTracer,
  hasRemoteParent,
  SESSION_TRACE_TAG,
  type SpanFields,
  TRACE_SESSION,
  type TraceTags,
} from './internals.js'

// dd-trace drops the whole `x-datadog-tags` header (`_dd.p.tid`, `_dd.p.dm`) when one value holds a comma, a control
// character or a character outside ASCII, or when all together pass 512; `;`, `=` and `~` do not survive `tracestate`.
const FITS_TRACE_TAG = /^[!-+\--:<>-}]{1,128}$/

/** Whether a session id can travel in dd-trace's trace headers without harm to what else is in them. */
export function fitsTraceTag(sessionId: unknown): sessionId is string {
  return typeof sessionId === 'string' && FITS_TRACE_TAG.test(sessionId)
}

/** The session of a trace, for those that dd-trace can send on. */
export class TraceSession {
  readonly requests: RequestSession
  #forgetsBaggage: boolean | undefined
  isValid: SessionIdValidator

  constructor(isValid: SessionIdValidator, requests = RequestSession.ofProcess()) {
    this.requests = requests
    this.isValid = isValid
  }

  /** Session of the current request, `null` for a request without one, `undefined` outside of a request. */
  get current(): string | null | undefined {
    const { current } = this.requests
    return current ? (this.accepted(current.sessionId) ?? null) : current
  }

  /**
   * Session of the request or message that a trace begins in: `null` when that one has none, `undefined` when there is
   * neither. What the message itself brought comes first, because its consumer may have been created in a request.
   */
  sessionForNewTrace(
    tags: TraceTags,
    fields: SpanFields | undefined,
    tracer: DdTracer,
  ): string | null | undefined {
    const { current } = this
    const tag = tags[BAGGAGE_TRACE_TAG]
    // dd-trace may take another member of the request's header for the session.
    const isFromRequest = tag !== undefined && this.requests.current?.otherIds?.includes(tag)
    if (isFromRequest || (tag !== undefined && tag === current)) return current
    const own = this.accepted(tag)
    if (own !== undefined) return own
    // With a span of the request active, a parent from elsewhere is that of a message.
    const isMessage =
      typeof current === 'string' && hasRemoteParent(fields) && activeTraceSession(tracer) === current
    if (current !== undefined && !isMessage) return current
    const item = this.#isBaggageForgotten(tracer) ? tracer.getBaggageItem?.(SESSION_BAGGAGE_KEY) : undefined
    return this.accepted(item) ?? (isMessage ? null : undefined)
  }

  /** Session for a span that inherits none: that of its trace; in a trace begun elsewhere that of the current request. */
  sessionForSpan(tags: TraceTags | undefined): string | null | undefined {
    const sent = tags?.[SESSION_TRACE_TAG]
    const own = tags?.[TRACE_SESSION]
    const upstream = sent === undefined || sent === own ? undefined : this.accepted(sent)
    return upstream ?? (own === undefined ? this.current : own)
  }

  /** Returns a value if it is a session id that dd-trace can send on. What came over the wire may be anything. */
  accepted(value: unknown): string | undefined {
    const valid = validSessionId(value, this.isValid)
    return this.isValid === isSessionId || fitsTraceTag(valid) ? valid : undefined
  }

  // Asked of dd-trace itself: does extracting an empty carrier remove the baggage that was there before? Where it does
  // not (before 5.90), baggage items may belong to an earlier message and are not used.
  #isBaggageForgotten(tracer: DdTracer): boolean {
    this.#forgetsBaggage ??= new AsyncResource('rum-llmobs').runInAsyncScope(() => {
      if (!tracer.setBaggageItem || !tracer.getBaggageItem || !tracer.extract) return false
      tracer.setBaggageItem('rum-llmobs', '1')
      tracer.extract('text_map', {})
      return tracer.getBaggageItem('rum-llmobs') === undefined
    })
    return this.#forgetsBaggage
  }
}

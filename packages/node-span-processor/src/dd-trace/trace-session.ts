import { AsyncResource } from 'node:async_hooks'
import { RequestSession } from '../request-session.js'
import { SESSION_BAGGAGE_KEY, type SessionIdValidator, validSessionId } from '../session-from-baggage.js'
import {
  activeTraceSession,
  BAGGAGE_TRACE_TAG,
  type DdTracer,
  isParentRemote,
  SESSION_TRACE_TAG,
  type SpanFields,
  TRACE_SESSION,
  type TraceTags,
} from './internals.js'

// dd-trace drops the whole `x-datadog-tags` header (`_dd.p.tid`, `_dd.p.dm`) if a value has a comma, a control character
// or a non-ASCII character, and above 512 characters. It changes `;`, `=` and `~` in `tracestate`.
const FITS_TRACE_TAG = /^[!-+\--:<>-}]{1,128}$/

/** Whether dd-trace's trace headers can carry a session id without losing other values. */
export function fitsTraceTag(sessionId: unknown): sessionId is string {
  return typeof sessionId === 'string' && FITS_TRACE_TAG.test(sessionId)
}

/** Finds the session of a trace or span. Returns only sessions that dd-trace can forward. */
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
   * Session of the request or message in which a trace starts, `null` if that has none, `undefined` outside of both. The
   * session of a message takes precedence, because its consumer may have been created in a request.
   */
  sessionForNewTrace(
    tags: TraceTags,
    fields: SpanFields | undefined,
    tracer: DdTracer,
  ): string | null | undefined {
    const { current } = this
    const tag = tags[BAGGAGE_TRACE_TAG]
    // dd-trace may have read another `session.id` member of the request's header.
    const isFromRequest = tag !== undefined && this.requests.current?.otherIds?.includes(tag)
    if (isFromRequest || (tag !== undefined && tag === current)) return current
    const own = this.accepted(tag)
    if (own !== undefined) return own
    // An active request span and a remote parent mean that this trace belongs to a queue message.
    const isMessage =
      typeof current === 'string' && isParentRemote(fields) && activeTraceSession(tracer) === current
    if (current !== undefined && !isMessage) return current
    const item = this.#isBaggageForgotten(tracer) ? tracer.getBaggageItem?.(SESSION_BAGGAGE_KEY) : undefined
    return this.accepted(item) ?? (isMessage ? null : undefined)
  }

  /** Session of a span that inherits none: that of its trace, or of the current request if the trace started elsewhere. */
  sessionForSpan(tags: TraceTags | undefined): string | null | undefined {
    const sent = tags?.[SESSION_TRACE_TAG]
    const own = tags?.[TRACE_SESSION]
    const upstream = sent === undefined || sent === own ? undefined : this.accepted(sent)
    return upstream ?? (own === undefined ? this.current : own)
  }

  /** Returns `value` if it is a valid session id that dd-trace can forward. */
  accepted(value: unknown): string | undefined {
    const valid = validSessionId(value, this.isValid)
    return fitsTraceTag(valid) ? valid : undefined
  }

  // Tests whether dd-trace removes baggage items when it extracts an empty carrier. Before 5.90 it does not, so the items
  // may belong to an earlier message.
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

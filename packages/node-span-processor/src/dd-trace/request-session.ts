import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { SESSION_BAGGAGE_KEY, type SessionIdValidator, validSessionId } from '../session-from-baggage.js'
import { baggageMember } from './baggage-header.js'
import { BAGGAGE_TRACE_TAG, type DdSpan, type DdTracer, traceTags } from './internals.js'

// dd-trace drops the whole `x-datadog-tags` header (`_dd.p.tid`, `_dd.p.dm`) when one value holds a comma, a control
// character or a character outside ASCII, or when all together pass 512; `;`, `=` and `~` do not survive `tracestate`.
const FITS_TRACE_TAG = /^[!-+\--:<>-}]{1,128}$/

/** Whether a session id can travel in dd-trace's trace headers without harm to what else is in them. */
export function fitsTraceTag(sessionId: unknown): sessionId is string {
  return typeof sessionId === 'string' && FITS_TRACE_TAG.test(sessionId)
}

/** The part of an incoming request that is read; http.IncomingMessage and http2's counterpart have it. */
export interface IncomingRequest {
  readonly headers: Record<string, unknown>
  readonly method?: string
  emit?(...event: unknown[]): unknown
}

/**
 * Remembers, for all that runs on behalf of an incoming request, the session in that request's baggage.
 *
 * The header is read here and not from dd-trace, whose baggage depends on DD_TRACE_PROPAGATION_STYLE and, before 5.90,
 * survives in the next request of a keep-alive connection. A request without a session is remembered as such (`null`):
 * requests of one connection share an async context, and would inherit.
 */
export class RequestSession {
  readonly #storage = new AsyncLocalStorage<string | null>()
  #forgetsBaggage: boolean | undefined
  #stopped = false
  isValid: SessionIdValidator

  constructor(isValid: SessionIdValidator) {
    this.isValid = isValid
  }

  enter(request: IncomingRequest): void {
    let sessionId: string | undefined
    try {
      sessionId = this.accepted(baggageMember(request.headers.baggage, SESSION_BAGGAGE_KEY))
    } finally {
      this.#storage.enterWith(sessionId ?? null)
    }
    if (sessionId !== undefined) this.#bindEvents(request, sessionId)
  }

  /** Session of the current request, `null` for a request without one, `undefined` outside of a request. */
  get current(): string | null | undefined {
    return this.#storage.getStore()
  }

  /** Session for the first span of a trace; outside of a request from what dd-trace extracted (a queue's message). */
  ofRoot(span: DdSpan, tracer: DdTracer): string | undefined {
    const current = this.current
    if (current !== undefined) return current ?? undefined
    const value =
      traceTags(span)?.[BAGGAGE_TRACE_TAG] ??
      (this.#isBaggageForgotten(tracer) ? tracer.getBaggageItem?.(SESSION_BAGGAGE_KEY) : undefined)
    return this.accepted(value)
  }

  stop(): void {
    this.#stopped = true
    this.#storage.disable()
  }

  // Since Node 24 the events of a request's body come without the async context of the request.
  #bindEvents(request: IncomingRequest, sessionId: string): void {
    const { emit, method } = request
    if (typeof emit !== 'function' || method === 'GET' || method === 'HEAD') return
    request.emit = (...event) => {
      if (this.#stopped) return emit.apply(request, event)
      return this.#storage.run(sessionId, () => emit.apply(request, event))
    }
  }

  /** Returns a value if it is a session id that dd-trace can send on. What came over the wire may be anything. */
  accepted(value: unknown): string | undefined {
    const valid = validSessionId(value, this.isValid)
    return fitsTraceTag(valid) ? valid : undefined
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

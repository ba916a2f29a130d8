import { AsyncLocalStorage } from 'node:async_hooks'
import { performance } from 'node:perf_hooks'
import { baggageValues } from './baggage-header.js'
import { processState } from './process-state.js'
import { subscribeSafely } from './safe-subscription.js'
import { SESSION_BAGGAGE_KEY } from './session-from-baggage.js'

const MAX_VALUE_LENGTH = 256
const MAX_OTHER_IDS = 4

// Work shortly after the response belongs to its request. A worker loop that the request started does not.
const KEPT_AFTER_RESPONSE_MS = 60_000

/** A request with a session. Async contexts keep it alive after the request, so it refers to no large object. */
export interface ServedRequest {
  /** The percent-decoded value in the `baggage` header. Each reader validates it. */
  readonly sessionId: string
  /** At most four values of further `session.id` members. dd-trace may read one of them as the session. */
  readonly otherIds?: readonly string[]
  /** Whether OpenTelemetry has started a SERVER span in the request. */
  hasServerSpan?: boolean
  /** When the response closed, in milliseconds of `performance.now()`. */
  closedAt?: number
}

/** A request, a response or an HTTP/2 stream. */
export interface Emitter {
  emit?(...event: unknown[]): unknown
  [key: symbol]: unknown
}

/** A request, or the message of an HTTP/2 stream. */
export interface WithHeaders {
  readonly headers: Record<string, unknown>
}

interface RequestStart {
  readonly request: WithHeaders & Emitter
  readonly response: Emitter
}

type StreamStart = WithHeaders & { readonly stream: Emitter & { readonly id: number } }

/**
 * Tracks the HTTP request that the current async context serves, and its session. Reads Node's diagnostics channels, so it
 * needs no instrumentation, propagator or context manager. One instance serves the process.
 *
 * A request without a session is stored as `null`. Requests of a connection share an async context, and would otherwise
 * inherit the session of the previous one. Node publishes no upgrade, so an upgrade is outside of any request.
 */
export class RequestSession {
  static ofProcess(): RequestSession {
    return processState('request-session', () => new RequestSession())
  }

  readonly #storage = new AsyncLocalStorage<ServedRequest | null>()
  readonly #entered = Symbol('rum-llmobs.entered')
  /** Whether any request has brought a session. */
  hasSeenOne = false
  readonly #users = new Set<{ isOn(): boolean }>()
  #unsubscribe: (() => void)[] = []

  /**
   * Follows requests until the returned function is called.
   *
   * @param isOn called at each request. AsyncLocalStorage is not used until a user returns true, because before Node 24
   * its first use slows every promise of the process.
   */
  use(isOn = () => true): () => void {
    const user = { isOn }
    if (this.#users.size === 0) {
      this.#unsubscribe = [
        subscribeSafely<RequestStart>('http.server.request.start', ({ request, response }) =>
          this.enter(request, response, request),
        ),
        subscribeSafely<StreamStart>('http2.server.stream.start', (start) => {
          // The server pushes streams with an even id.
          if (start.stream.id % 2 === 1) this.enter(start, start.stream)
        }),
      ]
    }
    this.#users.add(user)
    return () => {
      if (!this.#users.delete(user) || this.#users.size > 0) return
      for (const each of this.#unsubscribe) each()
      this.#storage.disable()
    }
  }

  /** The current request; `null` if it has no session or ended 60 seconds ago, `undefined` outside of a request. */
  get current(): ServedRequest | null | undefined {
    const request = this.#storage.getStore()
    const isOver =
      request?.closedAt !== undefined && performance.now() - request.closedAt > KEPT_AFTER_RESPONSE_MS
    return isOver ? null : request
  }

  /**
   * Makes a request the current one, also in the listeners of its emitters. Never throws.
   *
   * @param response the response, or the stream of an HTTP/2 request. Its `close` ends the request.
   * @param others further emitters of the request
   */
  enter(request: WithHeaders, response: Emitter, ...others: Emitter[]): void {
    try {
      if (response[this.#entered] || !this.#isOn()) return
      let served: ServedRequest | null = null
      try {
        const [sessionId, ...otherIds] = baggageValues(request.headers.baggage, SESSION_BAGGAGE_KEY).reverse()
        if (sessionId !== undefined && sessionId.length <= MAX_VALUE_LENGTH) {
          const others = otherIds.filter((id) => id.length <= MAX_VALUE_LENGTH).slice(0, MAX_OTHER_IDS)
          served = others.length > 0 ? { sessionId, otherIds: others } : { sessionId }
        }
      } finally {
        if (served !== this.#storage.getStore()) this.#storage.enterWith(served)
      }
      this.hasSeenOne ||= served !== null
      if (!this.hasSeenOne) return
      response[this.#entered] = true
      this.#bind(response, served, true)
      for (const other of others) this.#bind(other, served)
    } catch {
      // A request that throws has no session.
    }
  }

  #isOn(): boolean {
    for (const { isOn } of this.#users) if (isOn()) return true
    // A connection must still forget the session of its previous request.
    return this.#storage.getStore() !== undefined
  }

  // Node emits some events outside of the request's async context: of an aborted request, of an HTTP/2 stream, and of a
  // body with AsyncContextFrame (Node 24). A pipelined response ends in the async context of the previous response.
  #bind(emitter: Emitter, request: ServedRequest | null, closes = false): void {
    const { emit } = emitter
    if (typeof emit !== 'function') return
    const [storage, users] = [this.#storage, this.#users]
    emitter.emit = function (this: Emitter, ...event) {
      if (closes && request && event[0] === 'close') request.closedAt ??= performance.now()
      if (users.size === 0) return emit.apply(this, event)
      return storage.run(request, () => emit.apply(this, event))
    }
  }
}

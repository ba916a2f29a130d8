import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { performance } from 'node:perf_hooks'
import { baggageValues } from './baggage-header.js'
import { processState } from './process-state.js'
import { SESSION_BAGGAGE_KEY } from './session-from-baggage.js'

const MAX_VALUE_LENGTH = 256
const MAX_OTHER_IDS = 4

// Work that goes on after the response belongs to its request; a worker loop that a request began does not.
const KEPT_AFTER_RESPONSE_MS = 60_000

/** What is known of a request with a session. It outlives the request in async contexts, so it is small. */
export interface ServedRequest {
  /** The percent-decoded value in the `baggage` header. Readers validate it, each with its own rule. */
  readonly sessionId: string
  /** Values of further members of that name, at most four: dd-trace may take one of them for the session. */
  readonly otherIds?: readonly string[]
  /** Whether OpenTelemetry started a SERVER span in the request. */
  hasServerSpan?: boolean
  /** When the response closed, in milliseconds of `performance.now()`. */
  closedAt?: number
}

/** The part of an EventEmitter that is used; requests, responses and HTTP/2 streams are such. */
export interface Emitter {
  emit?(...event: unknown[]): unknown
  [key: symbol]: unknown
}

/** A request, or the headers of an HTTP/2 stream. */
export interface WithHeaders {
  readonly headers: Record<string, unknown>
}

/**
 * Knows the session of the HTTP request that the current async context serves, from Node's own channels, so that it
 * depends on no instrumentation, propagator or context manager. There is one for the process.
 *
 * A request without a session is remembered as such (`null`): requests of one connection share an async context, and
 * would inherit. Node publishes nothing for an upgrade, which runs outside of any request.
 */
export class RequestSession {
  static ofProcess(): RequestSession {
    return processState('request-session', () => new RequestSession())
  }

  readonly #storage = new AsyncLocalStorage<ServedRequest | null>()
  readonly #entered = Symbol('rum-llmobs.entered')
  /** Whether any request brought a session. */
  hasSeenOne = false
  readonly #users = new Set<{ isOn(): boolean }>()

  /**
   * Follows requests until the returned function is called.
   *
   * @param isOn asked at each request. While every user says no, AsyncLocalStorage is left alone: before Node 24 its
   * first use slows every promise of the process.
   */
  use(isOn = () => true): () => void {
    const user = { isOn }
    if (this.#users.size === 0) {
      subscribe('http.server.request.start', this.#onRequest)
      subscribe('http2.server.stream.start', this.#onStream)
    }
    this.#users.add(user)
    return () => {
      if (!this.#users.delete(user) || this.#users.size > 0) return
      unsubscribe('http.server.request.start', this.#onRequest)
      unsubscribe('http2.server.stream.start', this.#onStream)
      this.#storage.disable()
    }
  }

  /** The current request if it brought a session, `null` if it did not, `undefined` outside of a request. */
  get current(): ServedRequest | null | undefined {
    const request = this.#storage.getStore()
    const isOver =
      request?.closedAt !== undefined && performance.now() - request.closedAt > KEPT_AFTER_RESPONSE_MS
    return isOver ? null : request
  }

  /**
   * Makes a request the current one. Never throws.
   *
   * @param response its `close` ends the request: the response, or the stream of an HTTP/2 request
   * @param others emit events of the request as well
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
      // Nothing that a subscriber throws may reach the application; the request is one without a session.
    }
  }

  // Bound, since they are passed around as subscribers.
  readonly #onRequest = (message: unknown): void => {
    this.#guard(() => {
      const { request, response } = message as { request: WithHeaders & Emitter; response: Emitter }
      this.enter(request, response, request)
    })
  }

  readonly #onStream = (message: unknown): void => {
    this.#guard(() => {
      const start = message as WithHeaders & { stream: Emitter & { id: number } }
      // Streams with an even id are pushed by this server.
      if (start.stream.id % 2 === 1) this.enter(start, start.stream)
    })
  }

  /** A subscriber that throws would be an uncaughtException of the application. */
  #guard(work: () => void): void {
    try {
      work()
    } catch {
      // A message of another kind.
    }
  }

  #isOn(): boolean {
    for (const { isOn } of this.#users) if (isOn()) return true
    // A connection that carried a session must forget it all the same.
    return this.#storage.getStore() !== undefined
  }

  // Node emits some events outside of the request's async context: those of an aborted request, of an HTTP/2 stream, and
  // of a body with AsyncContextFrame (Node 24). A pipelined response ends in the async context of the previous response.
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

import {
  type Baggage,
  type BaggageEntry,
  baggageEntryMetadataFromString,
  type Context,
  createContextKey,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api'
import { parseMembers, percentEncode } from './baggage-header.js'
import { BaggageMerger, SESSION_BAGGAGE_KEY } from './baggage-merger.js'
import { BAGGAGE_HEADER, type Carrier, headerNames } from './carrier.js'
import { datadogRumSessionProvider } from './datadog-rum.js'
import { destinationPolicy, type UrlMatcher } from './request-url.js'
import { isSessionId, type SessionProvider } from './session-provider.js'

export { SESSION_BAGGAGE_KEY }

/** The same key as in `@opentelemetry/core`, which is not a dependency. */
const SUPPRESS_TRACING_KEY = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/** Options of {@link SessionBaggagePropagator}. All have a default; an invalid one makes the constructor throw. */
export interface SessionBaggagePropagatorConfig {
  /**
   * Where the session id comes from.
   * @defaultValue `datadogRumSessionProvider()`
   */
  sessionProvider?: SessionProvider
  /**
   * Cross-origin requests that may carry the session; the page's own origin always may. Their CORS policy must list
   * `baggage` in `Access-Control-Allow-Headers`, or the browser fails the request.
   * @defaultValue `[]`
   */
  allowedUrls?: UrlMatcher[]
  /**
   * What to do when the context has no client span with a URL, as in an unsampled trace.
   * @defaultValue `'skip'`: no session
   */
  whenUrlUnknown?: 'skip' | 'inject'
}

/**
 * Adds the current session to the outgoing W3C `baggage` header, and keeps every other member of it. Takes the place
 * of `W3CBaggagePropagator`: the entries of the context are written, and on extract read, as that one does.
 *
 * The session goes to the page's own origin and to `allowedUrls`. The provider is asked at each call, because a RUM
 * session can expire inside one page. Without a session, or to another destination, the header is what it would be
 * without this class, and never holds a session that this class put there before. Nothing is thrown after construction.
 *
 * @see https://www.w3.org/TR/baggage/
 *
 * @example
 * ```ts
 * provider.register({
 *   propagator: new CompositePropagator({
 *     propagators: [new W3CTraceContextPropagator(), new SessionBaggagePropagator()],
 *   }),
 * })
 * ```
 */
export class SessionBaggagePropagator implements TextMapPropagator {
  readonly #sessionProvider: SessionProvider
  readonly #mayCarrySession: (context: Context) => boolean
  #sessionId: unknown
  #sessionMember = ''
  readonly #merger = new BaggageMerger()
  /** Headers that a session was written to, the latest ones. */
  readonly #used: Carrier[] = []
  #usedCount = 0

  /** @throws TypeError if an option is invalid; the message names it */
  constructor(config: SessionBaggagePropagatorConfig = {}) {
    if (typeof config !== 'object' || !config) throw new TypeError('config must be an object')
    const {
      sessionProvider = datadogRumSessionProvider(),
      allowedUrls = [],
      whenUrlUnknown = 'skip',
      ...unknown
    } = config
    for (const option of Object.keys(unknown)) throw new TypeError(`${option} is not an option`)
    if (typeof sessionProvider?.getSessionId !== 'function') {
      throw new TypeError('sessionProvider must have getSessionId()')
    }
    if (whenUrlUnknown !== 'skip' && whenUrlUnknown !== 'inject') {
      throw new TypeError("whenUrlUnknown must be 'skip' or 'inject'")
    }
    this.#sessionProvider = sessionProvider
    this.#mayCarrySession = destinationPolicy(allowedUrls, whenUrlUnknown === 'inject')
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    try {
      // With tracing suppressed nothing is added, but a Request or init object may still hold what was added before.
      let session: string | undefined
      let baggage: Baggage | undefined
      if (context.getValue(SUPPRESS_TRACING_KEY) !== true) {
        session = this.#session(context)
        baggage = propagation.getBaggage(context)
      }
      const headers: Carrier = Object(carrier)
      const hasGet = typeof headers.get === 'function'
      if (session === undefined && !hasGet) this.#takeBack(context)
      const names = headerNames(headers)
      let value = ''
      for (const name of names) {
        const part = `${(hasGet ? headers.get(name) : headers[name]) ?? ''}`
        value += value && part ? `,${part}` : part
      }
      const header = this.#merger.merge(headers, session, value, baggage)
      if (session && hasGet) this.#used[this.#usedCount++ % 256] = headers
      if (header === value) return
      if (header) setter.set(carrier, names.shift() ?? BAGGAGE_HEADER, header)
      for (const name of names) {
        if (hasGet) headers.delete(name)
        else delete headers[name]
      }
    } catch {
      // A request is worth more than its baggage. Nothing is logged: the error may quote the header.
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    try {
      // Without a prototype `__proto__` is a key like any other.
      const entries: Record<string, BaggageEntry> = Object.create(null)
      const members = parseMembers(`${getter.get(carrier, BAGGAGE_HEADER) ?? ''}`)
      for (const [key, value, properties] of members) {
        entries[key] = { value, ...(properties && { metadata: baggageEntryMetadataFromString(properties) }) }
      }
      return members.length ? propagation.setBaggage(context, propagation.createBaggage(entries)) : context
    } catch {
      return context
    }
  }

  fields(): string[] {
    return [BAGGAGE_HEADER]
  }

  /**
   * Where fetch instrumentation does not propagate, the carrier is an object that it throws away, and an init object
   * that is used again would send along the headers it got for an earlier request. That request has gone out by now,
   * unless a fetch wrapper below the instrumentation waits before it reads them; such a request goes without session,
   * which is better than a session, or a header that CORS does not allow, at a place that is not to have it.
   */
  #takeBack(context: Context): void {
    this.#usedCount = 0
    const suppressed = context.setValue(SUPPRESS_TRACING_KEY, true)
    for (const headers of this.#used.splice(0)) {
      this.inject(suppressed, headers, { set: (_, name, value) => headers.set(name, value) })
    }
  }

  /** Returns the list-member of the session, empty if there is none, or nothing if the request may not carry it. */
  #session(context: Context): string | undefined {
    let member: string | undefined
    try {
      if (this.#mayCarrySession(context)) {
        member = ''
        const id: unknown = this.#sessionProvider.getSessionId()
        if (id !== this.#sessionId) {
          this.#sessionMember = isSessionId(id) ? `${SESSION_BAGGAGE_KEY}=${percentEncode(id)}` : ''
          this.#sessionId = id
        }
        member = this.#sessionMember
      }
    } catch {
      // No session, then.
    }
    return member
  }
}

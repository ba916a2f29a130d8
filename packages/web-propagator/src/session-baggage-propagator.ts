import {
  type BaggageEntry,
  baggageEntryMetadataFromString,
  type Context,
  createContextKey,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api'
import { parseMembers } from './baggage-header.js'
import { datadogRumSessionProvider } from './datadog-rum.js'
import { type Carrier, inNextTask, type Loan, pageValueOf, takeBack } from './lent-headers.js'
import { mergeMembers } from './merge-members.js'
import { destinationPolicy, type UrlMatcher } from './request-url.js'
import { type SessionProvider, sessionReader } from './session-provider.js'

/** The key of `@opentelemetry/core`, which is not a dependency. */
const SUPPRESS_TRACING_KEY = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

const BAGGAGE_HEADER = 'baggage'

/** Options of {@link SessionBaggagePropagator}. Each has a default. The constructor throws for an invalid value. */
export interface SessionBaggagePropagatorConfig {
  /**
   * Where the session id comes from.
   * @defaultValue `datadogRumSessionProvider()`
   */
  sessionProvider?: SessionProvider
  /**
   * Cross-origin requests that may carry the session. Same-origin requests always may. The CORS policy of the other
   * origin must list `baggage` in `Access-Control-Allow-Headers`, or the browser fails the request.
   * @defaultValue `[]`
   */
  allowedUrls?: UrlMatcher[]
  /**
   * What to do if the context has no client span with an absolute http(s) URL, as in an unsampled trace. The first
   * unsampled request without a session is reported through OpenTelemetry's `diag`.
   * @defaultValue `'skip'`: no session
   */
  whenUrlUnknown?: 'skip' | 'inject'
}

/**
 * Adds the current session to the outgoing W3C `baggage` header and keeps every other member. It replaces
 * `W3CBaggagePropagator`: it also writes and reads the baggage entries of the context.
 *
 * The session is sent to the page's origin and to `allowedUrls`. The provider is asked at each call, because a RUM
 * session can expire inside one page. Without a session, and for other destinations, the header is what it would be
 * without this class. Nothing throws after construction.
 *
 * Members added to Headers or to a Map are removed in the next task. Fetch instrumentation leaves them in the page's
 * Request or init object, and the page may use that object again for any destination.
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
  readonly #session: (context: Context) => string | undefined
  readonly #loans: Loan[] = []
  readonly #takeBackSoon = inNextTask(() => takeBack(this.#loans))

  /** @throws TypeError that names the option, if one is unknown or invalid */
  constructor(config: SessionBaggagePropagatorConfig = {}) {
    const {
      sessionProvider = datadogRumSessionProvider(),
      allowedUrls = [],
      whenUrlUnknown = 'skip',
      ...unknown
    } = config
    for (const option in unknown) {
      throw new TypeError(`${option} is not an option: use sessionProvider, allowedUrls, whenUrlUnknown`)
    }
    if (typeof sessionProvider?.getSessionId !== 'function') {
      throw new TypeError('sessionProvider must have getSessionId()')
    }
    if (whenUrlUnknown !== 'skip' && whenUrlUnknown !== 'inject') {
      throw new TypeError("whenUrlUnknown must be 'skip' or 'inject'")
    }
    this.#session = sessionReader(
      sessionProvider,
      destinationPolicy(allowedUrls, whenUrlUnknown === 'inject'),
    )
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    try {
      // Suppressed tracing adds nothing. A reused object may still hold members of an earlier request, so go on.
      const isSuppressed = context.getValue(SUPPRESS_TRACING_KEY) === true
      const [session, baggage] = isSuppressed ? [] : [this.#session(context), propagation.getBaggage(context)]
      const headers: Carrier = Object(carrier)
      const hasGet = typeof headers.get === 'function'
      // Headers ignore case, so their keys need not be read.
      const keys =
        headers instanceof Map ? [...headers.keys()] : hasGet ? [BAGGAGE_HEADER] : Object.keys(headers)
      const names = keys.filter((name) => `${name}`.toLowerCase() === BAGGAGE_HEADER)
      const value = names
        .map((name) => (hasGet ? headers.get(name) : headers[name]))
        .filter(Boolean)
        .join()
        .trim()
      const pageValue = pageValueOf(this.#loans, headers, value)
      // For a URL that gets no trace headers, fetch instrumentation passes a throw-away object and sends the page's init as it
      // is. That may still hold a session from an earlier request.
      if (session === undefined && !hasGet) takeBack(this.#loans)
      const header = mergeMembers(session, pageValue, baggage)
      if (header === value) return
      const [name = BAGGAGE_HEADER, ...others] = names
      if (hasGet) {
        if (this.#loans.length > 255) takeBack(this.#loans)
        if (this.#loans.push([headers, name, header, pageValue]) === 1) this.#takeBackSoon()
      }
      if (header) setter.set(carrier, name, header)
      for (const other of header ? others : names) {
        if (hasGet) headers.delete(other)
        else delete headers[other]
      }
    } catch {
      // The request is sent without a session. The error is not logged, because it may quote the header.
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    try {
      // Without a prototype, `__proto__` is an ordinary key.
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
}

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
import { parseMembers, percentEncode } from './baggage-header.js'
import { BAGGAGE_HEADER, BaggageMerger, type Carrier, SESSION_BAGGAGE_KEY } from './baggage-merger.js'
import { datadogRumSessionProvider } from './datadog-rum.js'
import { destinationPolicy, type UrlMatcher } from './request-url.js'
import { isSessionId, type SessionProvider } from './session-provider.js'

export { SESSION_BAGGAGE_KEY }

/** The same key as in `@opentelemetry/core`, which is not a dependency. */
const SUPPRESS_TRACING_KEY = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

const OPTIONS = ['sessionProvider', 'allowedUrls', 'whenUrlUnknown']

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

  /** @throws TypeError if an option is invalid; the message names it */
  constructor(config: SessionBaggagePropagatorConfig = {}) {
    if (typeof config !== 'object' || !config) throw new TypeError('config must be an object')
    for (const option of Object.keys(config)) {
      if (!OPTIONS.includes(option)) throw new TypeError(`${option} is not an option`)
    }
    const {
      sessionProvider = datadogRumSessionProvider(),
      allowedUrls = [],
      whenUrlUnknown = 'skip',
    } = config
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
      if (context.getValue(SUPPRESS_TRACING_KEY) === true) return
      const headers = (carrier ?? {}) as Carrier
      const hasGet = typeof headers.get === 'function'
      // Headers do not tell names of different case apart; their keys are not asked for, which takes long.
      const name = hasGet && !(headers instanceof Map) ? BAGGAGE_HEADER : headerName(headers)
      const value = `${(hasGet ? headers.get?.(name) : headers[name]) ?? ''}`
      const session = this.#session(context)
      if (session === undefined && !hasGet) this.#merger.takeBack()
      const header = this.#merger.merge(session, value, propagation.getBaggage(context))
      if (session && hasGet) this.#merger.keep(headers)
      if (header === value) return
      if (header) setter.set(carrier, name, header)
      else if (hasGet) headers.delete?.(name)
      else delete headers[name]
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

  /** Returns the list-member of the session, empty if there is none, or nothing if the request may not carry it. */
  #session(context: Context): string | undefined {
    let allowed = false
    try {
      allowed = this.#mayCarrySession(context)
      if (!allowed) return undefined
      const id: unknown = this.#sessionProvider.getSessionId()
      if (id !== this.#sessionId) {
        this.#sessionMember = isSessionId(id) ? `${SESSION_BAGGAGE_KEY}=${percentEncode(id)}` : ''
        this.#sessionId = id
      }
      return this.#sessionMember
    } catch {
      return allowed ? '' : undefined
    }
  }
}

/** Returns the name that the header has, or will have, in the carrier; names that differ in case become one. */
function headerName(carrier: Carrier): string {
  let found: string | undefined
  for (const name of carrier instanceof Map ? (carrier.keys() as Iterable<string>) : Object.keys(carrier)) {
    if (`${name}`.toLowerCase() !== BAGGAGE_HEADER) continue
    if (found === undefined || carrier instanceof Map) found = name
    else {
      carrier[found] = `${carrier[found]},${carrier[name]}`
      delete carrier[name]
    }
  }
  return found ?? BAGGAGE_HEADER
}

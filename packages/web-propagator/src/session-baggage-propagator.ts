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
import { encodeMember, joinMembers, memberKey, parseMembers, percentEncode } from './baggage-header.js'
import { datadogRumSessionProvider } from './datadog-rum.js'
import { destinationPolicy, type UrlMatcher } from './request-url.js'
import { isSessionId, type SessionProvider } from './session-provider.js'

/** The baggage key of the session, the one that Datadog RUM itself uses. */
export const SESSION_BAGGAGE_KEY = 'session.id'

const BAGGAGE_HEADER = 'baggage'

/** The same key as in `@opentelemetry/core`, which is not a dependency. */
const SUPPRESS_TRACING_KEY = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

const MAX_REMEMBERED_HEADERS = 32

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
  /** The last merge and what went into it: most requests of a page need the same once more. */
  #lastSession: string | undefined
  #lastPageValue: string | undefined
  #lastBaggage: Baggage | undefined
  #lastHeader = ''
  /**
   * What was written here, to what the page had there before. Fetch instrumentation hands its headers back when the
   * page uses a Request or an init object again, and then they must not pass for the page's own.
   */
  readonly #written = new Map<string, string>()
  /** Headers that hold it. */
  readonly #used: Carrier[] = []

  /** @throws TypeError if an option is invalid; the message names it */
  constructor(config: SessionBaggagePropagatorConfig = {}) {
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
      if (session === undefined && !hasGet) this.#takeBack()
      const header = this.#merge(session, this.#written.get(value) ?? value, propagation.getBaggage(context))
      if (session && hasGet && this.#used.push(headers) > MAX_REMEMBERED_HEADERS) this.#used.shift()
      if (header === value) return
      if (header) setter.set(carrier, name, header)
      else if (headers.delete) headers.delete(name)
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

  #merge(session: string | undefined, pageValue: string, baggage: Baggage | undefined): string {
    if (session === this.#lastSession && pageValue === this.#lastPageValue && baggage === this.#lastBaggage) {
      return this.#lastHeader
    }
    const header = mergeMembers(session, pageValue, baggage)
    this.#lastSession = session
    this.#lastPageValue = pageValue
    this.#lastBaggage = baggage
    this.#lastHeader = header
    if (session) {
      if (this.#written.size >= MAX_REMEMBERED_HEADERS) this.#written.clear()
      this.#written.set(header, pageValue)
    }
    return header
  }

  /**
   * Where fetch instrumentation does not propagate, the carrier is an object that it throws away, and an init object
   * that is used again sends along the headers it got for an earlier request. Those have been read by now.
   */
  #takeBack(): void {
    for (const headers of this.#used.splice(0)) {
      const pageValue = this.#written.get(`${headers.get?.(BAGGAGE_HEADER)}`)
      if (pageValue) headers.set?.(BAGGAGE_HEADER, pageValue)
      else if (pageValue === '') headers.delete?.(BAGGAGE_HEADER)
    }
  }
}

/** Returns what the page has, unless there is something to add. */
function mergeMembers(session: string | undefined, pageValue: string, baggage: Baggage | undefined): string {
  const members = session ? [session] : []
  // No member has an empty key. Without permission the session of the context does not go out either.
  const keys = new Set(['', session === '' ? '' : SESSION_BAGGAGE_KEY])
  for (const member of pageValue.split(',')) {
    const key = memberKey(member)
    if (session && key === SESSION_BAGGAGE_KEY) continue
    keys.add(key)
    members.push(member)
  }
  try {
    for (const [key, entry] of baggage?.getAllEntries() ?? []) {
      if (!keys.has(key)) members.push(encodeMember(key, entry))
    }
  } catch {
    // A foreign Baggage that throws half-way: what it gave until then stands.
  }
  return members.join() === pageValue ? pageValue : joinMembers(members)
}

/** What a carrier may be: Headers, a Map, or an object of headers. */
interface Carrier {
  get?(name: string): unknown
  set?(name: string, value: string): unknown
  delete?(name: string): unknown
  [name: string]: unknown
}

/** Returns the name that the header has, or will have, in the carrier. */
function headerName(carrier: Carrier): string {
  for (const name of Object.keys(carrier instanceof Map ? Object.fromEntries(carrier) : carrier)) {
    if (name.toLowerCase() === BAGGAGE_HEADER) return name
  }
  return BAGGAGE_HEADER
}

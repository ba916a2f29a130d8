import {
  type Baggage,
  type Context,
  createContextKey,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api'
import {
  encodeMember,
  joinMembers,
  memberKey,
  parseBaggage,
  percentEncode,
  splitMembers,
} from './baggage-header.js'
import { datadogRumSessionProvider } from './datadog-rum.js'
import { clientSpanUrl, destinationPolicy, type UrlMatcher } from './request-url.js'
import { currentSessionId, type SessionProvider } from './session-provider.js'

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
 * provider.register({
 *   propagator: new CompositePropagator({
 *     propagators: [new W3CTraceContextPropagator(), new SessionBaggagePropagator()],
 *   }),
 * })
 */
export class SessionBaggagePropagator implements TextMapPropagator {
  private readonly _sessionProvider: SessionProvider
  private readonly _mayCarrySession: (url: string) => boolean | undefined
  private readonly _injectIfUnknown: boolean
  private _sessionId = ''
  private _sessionMember = ''
  /**
   * Headers written here, to what the page had there before: fetch instrumentation hands them back when the page uses
   * a Request or an init object again, and they must not be taken for the page's own.
   */
  private _written = new Map<string, string>()

  /** @throws {TypeError} if an option is invalid; the message names it */
  constructor(config: SessionBaggagePropagatorConfig = {}) {
    const {
      sessionProvider = datadogRumSessionProvider(),
      allowedUrls = [],
      whenUrlUnknown = 'skip',
    } = config
    if (typeof sessionProvider?.getSessionId !== 'function') {
      throw new TypeError('sessionProvider must have a method getSessionId')
    }
    if (whenUrlUnknown !== 'skip' && whenUrlUnknown !== 'inject') {
      throw new TypeError("whenUrlUnknown must be 'skip' or 'inject'")
    }
    this._sessionProvider = sessionProvider
    this._mayCarrySession = destinationPolicy(allowedUrls)
    this._injectIfUnknown = whenUrlUnknown === 'inject'
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    try {
      if (context.getValue(SUPPRESS_TRACING_KEY) === true) return
      const allowed = this._isAllowed(context)
      const session = allowed ? this._currentMember() : ''
      const { names, value } = readHeader(carrier)
      const baggage = propagation.getBaggage(context)
      if (!value && !baggage) {
        if (session) setter.set(carrier, names[0] ?? BAGGAGE_HEADER, session)
        return
      }

      const pageValue = this._written.get(value) ?? value
      let changed = session !== '' || pageValue !== value
      const keys = new Set<string>()
      const members = session ? [session] : []
      for (const member of splitMembers(pageValue)) {
        const key = memberKey(member)
        if (key === SESSION_BAGGAGE_KEY && (session || this._wrote(member.trim()))) {
          changed = true
        } else {
          keys.add(key)
          members.push(member)
        }
      }
      if (!allowed || session) keys.add(SESSION_BAGGAGE_KEY)
      if (baggage && appendEntries(baggage, keys, members)) changed = true
      if (!changed) return

      const header = joinMembers(members)
      if (session) this._remember(header, pageValue)
      writeHeader(carrier, setter, names, header)
    } catch {
      // A request is worth more than its baggage. Nothing is logged: the error may quote the header.
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    try {
      const header = getter.get(carrier, BAGGAGE_HEADER)
      const entries = parseBaggage(Array.isArray(header) ? header.join() : (header ?? ''))
      if (!Object.keys(entries).length) return context
      return propagation.setBaggage(context, propagation.createBaggage(entries))
    } catch {
      return context
    }
  }

  fields(): string[] {
    return [BAGGAGE_HEADER]
  }

  private _isAllowed(context: Context): boolean {
    try {
      const url = clientSpanUrl(context)
      return (url === undefined ? url : this._mayCarrySession(url)) ?? this._injectIfUnknown
    } catch {
      return false
    }
  }

  private _currentMember(): string {
    const id = currentSessionId(this._sessionProvider)
    if (id && id !== this._sessionId) {
      this._sessionId = id
      this._sessionMember = `${SESSION_BAGGAGE_KEY}=${percentEncode(id)}`
      this._remember(this._sessionMember, '')
    }
    return id && this._sessionMember
  }

  private _wrote(member: string): boolean {
    return member === this._sessionMember || this._written.has(member)
  }

  private _remember(header: string, pageValue: string): void {
    if (this._written.size === MAX_REMEMBERED_HEADERS) this._written.clear()
    this._written.set(header, pageValue)
  }
}

/** Appends the entries whose key is not taken; says whether there was one. */
function appendEntries(baggage: Baggage, keys: Set<string>, members: string[]): boolean {
  const { length } = members
  try {
    for (const [key, entry] of baggage.getAllEntries()) {
      if (keys.has(key)) continue
      const member = encodeMember(key, entry)
      if (member) members.push(member)
      keys.add(key)
    }
  } catch {
    // A foreign Baggage that throws half-way: what it gave until then stands.
  }
  return members.length > length
}

/** Finds the header in the carrier, which a TextMapSetter can only write. */
function readHeader(carrier: unknown): { names: string[]; value: string } {
  const names: string[] = []
  const values: unknown[] = []
  const isMap = carrier instanceof Map
  if (!isMap && typeof (carrier as Headers | undefined)?.get === 'function') {
    return { names: [BAGGAGE_HEADER], value: (carrier as Headers).get(BAGGAGE_HEADER) ?? '' }
  }
  for (const name of isMap ? carrier.keys() : Object.keys(carrier ?? {})) {
    if (`${name}`.toLowerCase() === BAGGAGE_HEADER) {
      names.push(name)
      values.push(isMap ? carrier.get(name) : (carrier as Record<string, unknown>)[name])
    }
  }
  return { names, value: values.join() }
}

/** Leaves one header, under the name that the carrier had for it, or none if there is nothing to send. */
function writeHeader(carrier: unknown, setter: TextMapSetter, names: string[], header: string): void {
  const [name = BAGGAGE_HEADER, ...others] = names
  if (header) setter.set(carrier, name, header)
  for (const unwanted of header ? others : names) {
    if (typeof (carrier as Headers).delete === 'function') (carrier as Headers).delete(unwanted)
    else delete (carrier as Record<string, unknown>)[unwanted]
  }
}

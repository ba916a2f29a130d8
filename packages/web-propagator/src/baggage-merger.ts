import type { Baggage } from '@opentelemetry/api'
import { encodeMember, joinMembers, memberKey } from './baggage-header.js'

/** The baggage key of the session, the one that Datadog RUM itself uses. */
export const SESSION_BAGGAGE_KEY = 'session.id'

export const BAGGAGE_HEADER = 'baggage'

const MAX_REMEMBERED = 256

/** What a carrier may be: Headers, a Map, or an object of headers. */
export interface Carrier {
  get?(name: string): unknown
  set?(name: string, value: string): unknown
  delete?(name: string): unknown
  [name: string]: unknown
}

/**
 * Makes one header of session, page and context, and knows its own work again: fetch instrumentation hands headers back
 * when the page uses a Request or an init object again, and what was added here must not pass for the page's own then.
 */
export class BaggageMerger {
  // The last merge and what went into it: most requests of a page need the same once more.
  #session: string | undefined
  #value: string | undefined
  #baggage: Baggage | undefined
  #header = ''
  readonly #sentSessions = new Set<string>()
  /** What the page had in place of a header. */
  readonly #pageValues = new Map<string, string>()
  /** Headers that a session was written to, the latest ones. */
  readonly #used: Carrier[] = []
  #usedCount = 0

  /**
   * Returns the header: the session, then what the page wrote, then the entries of the context.
   *
   * @param session - the list-member of the session, empty if there is none, `undefined` if it may not be sent
   * @param value - the header as it is
   */
  merge(session: string | undefined, value: string, baggage: Baggage | undefined): string {
    if (session === this.#session && value === this.#value && baggage === this.#baggage) {
      return this.#header
    }
    if (session) remember(this.#sentSessions).add(session)
    const pageValue = this.#pageValues.get(value) ?? value
    const header = mergeMembers(session, pageValue, baggage, this.#sentSessions)
    // Of two requests that ended with the same header, the longer value has all in it that was the page's own.
    const known = this.#pageValues.get(header) ?? ''
    const isKnownBetter = known.length > pageValue.length && header.includes(known)
    if (header !== pageValue && !isKnownBetter) remember(this.#pageValues).set(header, pageValue)
    this.#session = session
    this.#value = value
    this.#baggage = baggage
    this.#header = header
    return header
  }

  /** Keeps headers that a session was written to, for {@link takeBack}. */
  keep(headers: Carrier): void {
    this.#used[this.#usedCount++ % MAX_REMEMBERED] = headers
  }

  /**
   * Where fetch instrumentation does not propagate, the carrier is an object that it throws away, and an init object
   * that is used again would send along the headers it got for an earlier request. That request has gone out by now,
   * unless a fetch wrapper below the instrumentation waits before it reads them; such a request goes without session,
   * which is better than a session, or a header that CORS does not allow, at a place that is not to have it.
   */
  takeBack(): void {
    this.#usedCount = 0
    for (const headers of this.#used.splice(0)) {
      try {
        const value = `${headers.get?.(BAGGAGE_HEADER) ?? ''}`
        const pageValue = this.#pageValues.get(value) ?? value
        const header = mergeMembers(undefined, pageValue, undefined, this.#sentSessions)
        if (header) headers.set?.(BAGGAGE_HEADER, header)
        else headers.delete?.(BAGGAGE_HEADER)
      } catch {
        // Headers that cannot be changed any more hold up neither the others nor the request that is going on.
      }
    }
  }
}

/** Makes room for one more, at the cost of the oldest. */
function remember<T extends Set<unknown> | Map<unknown, unknown>>(memory: T): T {
  if (memory.size >= MAX_REMEMBERED) {
    for (const oldest of memory.keys()) {
      memory.delete(oldest)
      break
    }
  }
  return memory
}

/** Returns what the page has, unless there is something to add. */
function mergeMembers(
  session: string | undefined,
  pageValue: string,
  baggage: Baggage | undefined,
  sentSessions: ReadonlySet<string>,
): string {
  const members = session ? [session] : []
  // No member has an empty key. Without permission the session of the context does not go out either.
  const keys = new Set(['', session === '' ? '' : SESSION_BAGGAGE_KEY])
  for (const member of pageValue.split(',')) {
    const key = memberKey(member)
    if (key === SESSION_BAGGAGE_KEY && (session || sentSessions.has(member.trim()))) continue
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

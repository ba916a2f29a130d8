import type { Baggage } from '@opentelemetry/api'
import { addMembers, encodeMember, memberKey } from './baggage-header.js'

/** The baggage key of the session, the one that Datadog RUM itself uses. */
export const SESSION_BAGGAGE_KEY = 'session.id'

const MAX_REMEMBERED = 256

/**
 * Makes one header of session, page and context, and knows its own work again: fetch instrumentation hands headers back
 * when the page uses a Request or an init object again, and what was added here must not pass for the page's own then.
 */
export class BaggageMerger {
  // The last merge and what went into it: most requests of a page need the same once more.
  #session: string | undefined
  #pageValue: string | undefined
  #baggage: Baggage | undefined
  #header = ''
  readonly #sentSessions = new Set<string>()
  /** What was written to a carrier, and what the page has in place of it. */
  readonly #written = new WeakMap<object, readonly [header: string, pageValue: string]>()
  /**
   * Headers that begin with a session, and what the page has in them, for the copies that fetch instrumentation makes of
   * an init object. Without a session the text may be the page's own, so that in a copy the entries of an earlier
   * context stay: to lose what the page wrote would be worse.
   */
  readonly #pageParts = new Map<string, string>()

  /**
   * Returns the header: the session, then what the page wrote, then the entries of the context.
   *
   * @param session - the list-member of the session, empty if there is none, `undefined` if it may not be sent
   * @param value - the header as it is
   */
  merge(carrier: object, session: string | undefined, value: string, baggage: Baggage | undefined): string {
    let pageValue = value
    if (value) {
      const written = this.#written.get(carrier)
      // Headers cut off the blanks at both ends of what was written, so both memories hold it without them.
      const sent = value.trim()
      pageValue = written?.[0] === sent ? written[1] : (this.#pageParts.get(sent) ?? value)
    }
    if (session !== this.#session || pageValue !== this.#pageValue || baggage !== this.#baggage) {
      this.#header = this.#mergeMembers(session, pageValue, baggage)
      this.#session = session
      this.#pageValue = pageValue
      this.#baggage = baggage
    }
    // This takes as long as all the rest. The session alone is known without.
    if (this.#header !== value && this.#header !== session) {
      this.#written.set(carrier, [this.#header.trim(), pageValue])
    }
    return this.#header
  }

  #mergeMembers(session: string | undefined, pageValue: string, baggage: Baggage | undefined): string {
    if (session) limit(this.#sentSessions.add(session))
    // No member has an empty key. Without permission the session of the context does not go out either.
    const keys = new Set(['', session === '' ? '' : SESSION_BAGGAGE_KEY])
    const kept = pageValue.split(',').filter((member) => {
      const key = memberKey(member)
      const isReplaced = key === SESSION_BAGGAGE_KEY && (session || this.#sentSessions.has(member.trim()))
      return !isReplaced && keys.add(key)
    })
    const entries: string[] = []
    try {
      for (const [key, entry] of baggage?.getAllEntries() ?? []) {
        if (!keys.has(key)) entries.push(encodeMember(key, entry))
      }
    } catch {
      // A foreign Baggage that throws half-way: what it gave until then stands.
    }
    const own = session ? addMembers(session, kept) : kept.join()
    const header = addMembers(own, entries)
    if (session) {
      // Of two requests that end with the same header, the longer part has all in it that the page wrote.
      const sent = header.trim()
      const known = this.#pageParts.get(sent) ?? ''
      const pagePart = own.slice(session.length + 1)
      limit(this.#pageParts.set(sent, pagePart.length < known.length ? known : pagePart))
    }
    return header
  }
}

/** Forgets the oldest when there is one too many. */
function limit(memory: Set<string> | Map<string, string>): void {
  if (memory.size > MAX_REMEMBERED) memory.delete(memory.keys().next().value as string)
}

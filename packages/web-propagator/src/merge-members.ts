import type { Baggage } from '@opentelemetry/api'
import { encodeMember, memberKey } from './baggage-header.js'
import { SESSION_BAGGAGE_KEY } from './session-provider.js'

/** What a header value can hold (RFC 9110, section 5.5), which is one byte a character. */
const SENDABLE = /^[\t -~\x80-\xff]*$/

type Parts = [session: string | undefined, pageValue: string, baggage: Baggage | undefined]

let latest: readonly unknown[] = []
let merged = ''
let sentSession: string

/**
 * Returns the header: the session, then what the page wrote, then the entries of the context. Most requests of a page
 * need the same header as the one before, so the latest is kept.
 *
 * @param session - the list-member of the session, empty if there is none, `undefined` if it may not be sent
 */
export function mergeMembers(...parts: Parts): string {
  if (parts.some((part, index) => part !== latest[index])) {
    merged = merge(...parts)
    latest = parts
  }
  return merged
}

function merge(...[session, pageValue, baggage]: Parts): string {
  sentSession = session || sentSession
  // No member has an empty key. Without permission the session of the context does not go out either.
  const keys = new Set(['', session === '' ? '' : SESSION_BAGGAGE_KEY])
  const kept = pageValue.split(',').filter((member) => {
    const key = memberKey(member)
    // The session that was sent last is not the page's, but from a copy of used headers.
    return !(key === SESSION_BAGGAGE_KEY && (session || member.trim() === sentSession)) && keys.add(key)
  })
  // Without a session the page's header stays as it is, valid or not.
  let header = session || kept.join()
  if (!SENDABLE.test(header)) return header
  let count = header ? header.split(',').length : 0
  // What every receiver must be able to take: https://www.w3.org/TR/baggage/#limits
  const add = (member: string) => {
    const longer = header ? `${header},${member}` : member
    if (member.trim() && SENDABLE.test(member) && count < 64 && longer.length <= 8192) {
      header = longer
      count++
    }
  }
  if (session) kept.forEach(add)
  try {
    for (const [key, entry] of baggage?.getAllEntries() ?? [])
      if (!keys.has(key)) add(encodeMember(key, entry))
  } catch {
    // A foreign Baggage that throws half-way: what it gave until then stands.
  }
  return header.trim()
}

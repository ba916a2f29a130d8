import type { Baggage } from '@opentelemetry/api'
import { encodeMember, memberKey } from './baggage-header.js'
import { SESSION_BAGGAGE_KEY } from './session-provider.js'

/** A header value (RFC 9110, section 5.5). Each character is one byte. */
const SENDABLE = /^[\t -~\x80-\xff]*$/

type Parts = [session: string | undefined, pageValue: string, baggage: Baggage | undefined]

let latest: readonly unknown[] = []
let merged = ''
let sentSession: string

/**
 * Returns the header: the session, the page's members, the entries of the context. Most requests of a page need the same
 * header as the previous one, so the latest result is kept.
 *
 * Over the limits, whole members are dropped from the end, but never the session. Without a session only entries of the
 * context are dropped.
 *
 * @param session - the list-member of the session, `''`: may be sent, but there is none. `undefined`: must not be sent
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
  // Keys that entries of the context may not use. No member has an empty key.
  const keys = new Set(['', session === '' ? '' : SESSION_BAGGAGE_KEY])
  const kept = pageValue.split(',').filter((member) => {
    const key = memberKey(member)
    // A session.id that equals the session sent last is a leftover in a copy of used headers, not written by the page.
    return !(key === SESSION_BAGGAGE_KEY && (session || member.trim() === sentSession)) && keys.add(key)
  })
  // Without a session the page's header stays unchanged, even if it is invalid.
  let header = session || kept.join()
  if (!SENDABLE.test(header)) return header
  let count = header ? header.split(',').length : 0
  // Every receiver must accept 64 members and 8192 bytes: https://www.w3.org/TR/baggage/#limits
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
    // A foreign Baggage that throws while it is read. The entries read until then are sent.
  }
  return header.trim()
}

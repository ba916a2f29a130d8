import type { Context } from '@opentelemetry/api'
import { percentEncode } from './baggage-header.js'
import { warnOnce } from './warn-once.js'

/** The baggage key of the session, the one that Datadog RUM itself uses. */
export const SESSION_BAGGAGE_KEY = 'session.id'

/**
 * Tells which session is going on now. It is asked at every request, so it should answer from memory. The shape is
 * that of OpenTelemetry's own browser `SessionProvider`: either can be passed.
 *
 * @example
 * ```ts
 * const sessionProvider: SessionProvider = { getSessionId: () => mySessions.current()?.id }
 * ```
 */
export interface SessionProvider {
  /**
   * Returns the id of the current session: a non-empty, well-formed string of at most 256 characters without control
   * characters. Anything else, and a throw, counts as no session. An id that the backend refuses by default, for which
   * it needs `isValidSessionId`, is sent and reported once through OpenTelemetry's `diag`.
   */
  getSessionId(): string | null | undefined
}

/**
 * Returns a function that gives the list-member of the session: empty if there is none, `undefined` if the request of the
 * context may not carry it.
 */
export function sessionReader(
  provider: SessionProvider,
  mayCarrySession: (context: Context) => boolean,
): (context: Context) => string | undefined {
  let latestId: unknown
  let latestMember = ''
  return (context) => {
    let member: string | undefined
    try {
      if (mayCarrySession(context)) {
        member = ''
        const id: unknown = provider.getSessionId()
        if (id !== latestId) latestMember = encodeSession(id)
        latestId = id
        member = latestMember
      }
    } catch {
      // A provider that throws has no session.
    }
    return member
  }
}

function encodeSession(id: unknown): string {
  if (typeof id !== 'string' || !/^[^\p{Cc}\p{Cs}]{1,256}$/u.test(id)) return ''
  if (!/^[\w-]{1,128}$/.test(id)) warnOnce('Backends refuse this id: set isValidSessionId')
  return `${SESSION_BAGGAGE_KEY}=${percentEncode(id)}`
}

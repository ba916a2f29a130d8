import type { Context } from '@opentelemetry/api'
import { percentEncode } from './baggage-header.js'
import { warnOnce } from './warn-once.js'

/** Baggage key of the session. Datadog RUM writes the same key. */
export const SESSION_BAGGAGE_KEY = 'session.id'

/**
 * Source of the session id. It is asked at every request, so it should answer from memory. OpenTelemetry's browser
 * `SessionProvider` has the same shape and can be passed too.
 *
 * @example
 * ```ts
 * const sessionProvider: SessionProvider = { getSessionId: () => mySessions.current()?.id }
 * ```
 */
export interface SessionProvider {
  /**
   * Returns the id of the current session: a well-formed string of 1 to 256 characters without control characters. Any
   * other value means no session, and so does an exception. Backends refuse an id that is not
   * `/^[A-Za-z0-9_-]{1,128}$/` unless they set `isValidSessionId`. Such an id is sent, and reported once through
   * OpenTelemetry's `diag`.
   */
  getSessionId(): string | null | undefined
}

/**
 * Returns a function that reads the list-member of the session: `''` without a session, `undefined` if the request of the
 * context must not carry it.
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
      // An exception of the provider means no session.
    }
    return member
  }
}

function encodeSession(id: unknown): string {
  if (typeof id !== 'string' || !/^[^\p{Cc}\p{Cs}]{1,256}$/u.test(id)) return ''
  if (!/^[\w-]{1,128}$/.test(id)) warnOnce('Backends refuse this id: set isValidSessionId')
  return `${SESSION_BAGGAGE_KEY}=${percentEncode(id)}`
}

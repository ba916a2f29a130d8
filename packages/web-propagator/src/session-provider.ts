/**
 * Tells which session is going on now. The propagator asks at every request, so an implementation answers from
 * memory. The shape is that of OpenTelemetry's own browser `SessionProvider`: either can be passed.
 *
 * @example
 * const sessionProvider: SessionProvider = { getSessionId: () => mySessions.current()?.id }
 */
export interface SessionProvider {
  /**
   * Returns the id of the current session, or nothing when there is none. An id is sent if it is a well-formed,
   * non-empty string of at most 256 characters without control characters; anything else, and a throw, counts as
   * no session.
   */
  getSessionId(): string | null | undefined
}

const MAX_SESSION_ID_LENGTH = 256

/** Returns the provider's current id if it is valid, else an empty string; never throws. */
export function currentSessionId(provider: SessionProvider): string {
  try {
    const id: unknown = provider.getSessionId()
    return isValidSessionId(id) ? id : ''
  } catch {
    return ''
  }
}

function isValidSessionId(id: unknown): id is string {
  return typeof id === 'string' && id.length <= MAX_SESSION_ID_LENGTH && !/[\p{Cc}\p{Cs}]/u.test(id)
}

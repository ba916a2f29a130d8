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
   * characters. Anything else, and a throw, counts as no session.
   */
  getSessionId(): string | null | undefined
}

/** Says whether a provider's answer is an id that may be sent. */
export function isSessionId(id: unknown): id is string {
  return typeof id === 'string' && /^[^\p{Cc}\p{Cs}]{1,256}$/u.test(id)
}

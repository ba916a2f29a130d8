/**
 * Key of the W3C baggage entry that carries the RUM session. It is the key that Datadog's browser SDK writes
 * itself when `propagateTraceBaggage` is on.
 *
 * @example
 * ```ts
 * import { propagation } from '@opentelemetry/api'
 * import { SESSION_BAGGAGE_KEY } from '@rum-llmobs/node-span-processor'
 *
 * propagation.getActiveBaggage()?.getEntry(SESSION_BAGGAGE_KEY)?.value
 * ```
 */
export const SESSION_BAGGAGE_KEY = 'session.id'

/** Says whether a value that came over the wire may be used as a session id. Only `true` accepts it. */
export type SessionIdValidator = (value: string) => boolean

const SESSION_ID = /^[A-Za-z0-9_-]{1,128}$/

/**
 * Accepts 1 to 128 letters, digits, `-` and `_`: RUM's UUIDs and nothing that could break a header, a tag or a
 * log line. Baggage is written by whoever sends the request, so everything else is refused.
 */
export const isSessionId: SessionIdValidator = (value) => SESSION_ID.test(value)

/**
 * Returns the validator for an `isValidSessionId` option; without one, {@link isSessionId}.
 *
 * @throws TypeError when the option is neither `undefined` nor a function.
 */
export function sessionIdValidator(isValidSessionId: unknown): SessionIdValidator {
  if (isValidSessionId === undefined) return isSessionId
  if (typeof isValidSessionId === 'function') return isValidSessionId as SessionIdValidator
  throw new TypeError('isValidSessionId must be a function that returns true for a valid session id')
}

/** Returns `value` if it is a string that the validator accepts. A validator that throws accepts nothing. */
export function validSessionId(value: unknown, isValid: SessionIdValidator): string | undefined {
  if (typeof value !== 'string') return undefined
  try {
    // An async validator returns a promise, which is truthy whatever it resolves to.
    return isValid(value) === true ? value : undefined
  } catch {
    return undefined
  }
}

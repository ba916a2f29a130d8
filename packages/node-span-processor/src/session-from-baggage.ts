/**
 * Key of the W3C baggage entry that carries the RUM session. Datadog's browser SDK writes the same key if
 * `propagateTraceBaggage` is on.
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

/** Whether a value from an inbound header is a valid session id. Only the result `true` accepts it. */
export type SessionIdValidator = (value: string) => boolean

const SESSION_ID = /^[A-Za-z0-9_-]{1,128}$/

/**
 * Accepts 1 to 128 letters, digits, `-` and `_`. These include RUM's UUIDs, and cannot break a header, a tag or a log line.
 * The sender of a request controls its baggage, so everything else is refused.
 */
export const isSessionId: SessionIdValidator = (value) => SESSION_ID.test(value)

/**
 * Returns the option `isValidSessionId`, or {@link isSessionId} by default.
 *
 * @throws TypeError if the option is neither `undefined` nor a function.
 */
export function sessionIdValidator(isValidSessionId: unknown): SessionIdValidator {
  if (isValidSessionId === undefined) return isSessionId
  if (typeof isValidSessionId === 'function') return isValidSessionId as SessionIdValidator
  throw new TypeError('isValidSessionId must be a function that returns true for a valid session id')
}

/** Returns `value` if it is a string that the validator accepts. An exception of the validator refuses it. */
export function validSessionId(value: unknown, isValid: SessionIdValidator): string | undefined {
  if (typeof value !== 'string') return undefined
  try {
    // An async validator returns a promise, which is always truthy.
    return isValid(value) === true ? value : undefined
  } catch {
    return undefined
  }
}

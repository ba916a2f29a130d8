import { allowedHosts } from '../allowed-hosts.js'
import { checkOptions } from '../config-options.js'
import { hostRule } from '../first-party-hosts.js'
import { processState } from '../process-state.js'
import { sessionIdValidator } from '../session-from-baggage.js'
import { startBridge } from './bridge.js'
import { realms } from './internals.js'
import { TraceSession } from './trace-session.js'

/** Options of {@link bridgeDdTrace}. */
export interface DdTraceBridgeConfig {
  /**
   * Returns `true` for a valid session id, in incoming baggage and in the trace headers of an upstream LLMObs service.
   * dd-trace cannot send values that are longer than 128, that contain `, ; = ~`, or characters other than visible ASCII.
   * Such a value is refused whatever this function returns.
   *
   * @defaultValue accepts `/^[A-Za-z0-9_-]{1,128}$/`
   */
  isValidSessionId?: (value: string) => boolean
}

interface Bridge {
  readonly sessions: TraceSession
  stop(): void
}

// The ESM and the CommonJS copy of this package share one bridge.
const shared = processState('dd-trace', (): { bridge?: Bridge | undefined } => ({}))

/**
 * Gives every LLM Observability span of dd-trace the RUM session from the W3C `baggage` header of its request: the
 * top-level `session_id` and the `session_id:` tag, in this service and in the dd-trace services that it calls. A
 * `sessionId` of the application and a valid session from an upstream LLMObs service take precedence.
 *
 * Removes the session from what dd-trace sends to third-party hosts. First-party hosts are private hosts and those in the
 * environment variable `RUM_LLMOBS_ALLOWED_HOSTS`, separated by commas: `api.example.com,*.example.org`.
 *
 * Call it once, before or after dd-trace is loaded. A further call only replaces `isValidSessionId`, if given. Without
 * dd-trace, and while LLM Observability is off, it does nothing but a `diag.debug`. It warns once of an unknown version of
 * dd-trace. It throws at the call only.
 *
 * @returns `disable` removes all subscriptions and patches
 * @throws TypeError for an unknown option, an invalid value or an invalid allowed host. The message names it.
 * @example
 * ```ts
 * import { bridgeDdTrace } from '@rum-llmobs/node-span-processor/dd-trace'
 *
 * const bridge = bridgeDdTrace()
 * process.once('SIGTERM', () => bridge.disable())
 * ```
 */
export function bridgeDdTrace(config: DdTraceBridgeConfig = {}): { disable(): void } {
  checkOptions(config, ['isValidSessionId'])
  const { isValidSessionId } = config
  const isValid = sessionIdValidator(isValidSessionId)
  const isFirstParty = hostRule(allowedHosts())
  realms.add(globalThis)
  if (!shared.bridge) {
    const sessions = new TraceSession(isValid)
    shared.bridge = { sessions, stop: startBridge(sessions, isFirstParty) }
  } else if (isValidSessionId !== undefined) {
    shared.bridge.sessions.isValid = isValid
  }
  const { bridge } = shared
  return {
    disable() {
      if (shared.bridge !== bridge) return
      shared.bridge = undefined
      bridge.stop()
    },
  }
}

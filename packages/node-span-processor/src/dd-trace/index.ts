import { allowedHosts } from '../allowed-hosts.js'
import { type HostRule, hostRule } from '../first-party-hosts.js'
import { processState } from '../process-state.js'
import { type SessionIdValidator, sessionIdValidator } from '../session-from-baggage.js'
import { startBridge } from './bridge.js'
import { realms } from './internals.js'
import { TraceSession } from './trace-session.js'

/** Options of {@link bridgeDdTrace}. */
export interface DdTraceBridgeConfig {
  /**
   * Says which values of the incoming baggage, and of the trace headers of an upstream LLMObs service, are session ids.
   * Whatever it accepts, a value that dd-trace could not send on (longer than 128, or with characters outside of
   * visible ASCII or one of `, ; = ~`) is left out.
   *
   * @defaultValue accepts `/^[A-Za-z0-9_-]{1,128}$/`
   */
  isValidSessionId?: (value: string) => boolean
}

interface Bridge {
  setValidator(isValid: SessionIdValidator): void
  disable(): void
}

// The copies of this package in a process, the ESM and the CommonJS one for a start, must not all bridge.
const shared = processState('dd-trace', (): { bridge?: Bridge | undefined } => ({}))

/**
 * Gives every LLM Observability span of dd-trace the RUM session that its request brought in the W3C `baggage` header:
 * the top-level `session_id` and the `session_id:` tag, in this service and in the dd-trace services it calls. A
 * `sessionId` of the application and a valid session from an upstream LLMObs service win.
 *
 * What dd-trace sends to a host that is not yours holds no session. Yours are private hosts and those in the environment
 * variable `RUM_LLMOBS_ALLOWED_HOSTS`, separated by commas: `api.example.com,*.example.org`.
 *
 * Call it once, before or after dd-trace is loaded. A second call installs nothing: it sets `isValidSessionId`, if
 * given, on the bridge that is there, and its `disable` is the same. Without dd-trace or with LLM Observability off
 * nothing happens, apart from a `diag.debug`; an unknown version is warned of once. Nothing is thrown at run time.
 *
 * @returns `disable` removes every subscription and patch again
 * @throws TypeError for an option or an allowed host that is unknown or not valid
 * @example
 * ```ts
 * import { bridgeDdTrace } from '@rum-llmobs/node-span-processor/dd-trace'
 *
 * const bridge = bridgeDdTrace()
 * process.once('SIGTERM', () => bridge.disable())
 * ```
 */
export function bridgeDdTrace(config: DdTraceBridgeConfig = {}): { disable(): void } {
  const { isValidSessionId } = checked(config)
  const isValid = sessionIdValidator(isValidSessionId)
  const isOwnHost = hostRule(allowedHosts())
  realms.add(globalThis)
  if (!shared.bridge) shared.bridge = install(isValid, isOwnHost)
  else if (isValidSessionId !== undefined) shared.bridge.setValidator(isValid)
  const { disable } = shared.bridge
  return { disable }
}

function install(isValid: SessionIdValidator, isOwnHost: HostRule): Bridge {
  const sessions = new TraceSession(isValid)
  const stop = startBridge(sessions, isOwnHost)
  const bridge: Bridge = {
    setValidator(validator) {
      sessions.isValid = validator
    },
    disable() {
      if (shared.bridge !== bridge) return
      shared.bridge = undefined
      stop()
    },
  }
  return bridge
}

function checked(config: DdTraceBridgeConfig): DdTraceBridgeConfig {
  if (typeof config !== 'object' || config === null) throw new TypeError('config must be an object')
  for (const option of Object.keys(config)) {
    if (option !== 'isValidSessionId') throw new TypeError(`${option} is not an option: use isValidSessionId`)
  }
  return config
}

import { type SessionIdValidator, sessionIdValidator } from '../session-from-baggage.js'
import { startBridge } from './bridge.js'
import { TraceSession } from './trace-session.js'

/** Options of {@link bridgeDdTrace}. */
export interface DdTraceBridgeConfig {
  /**
   * Says which values of the incoming baggage are session ids. Whatever it accepts, a value that dd-trace could not
   * send on (longer than 128, or with characters outside of visible ASCII or one of `, ; = ~`) is left out.
   *
   * @defaultValue accepts `/^[A-Za-z0-9_-]{1,128}$/`
   */
  isValidSessionId?: (value: string) => boolean
}

interface Installation {
  setValidator(isValid: SessionIdValidator): void
  disable(): void
}

// The ESM and the CommonJS copy of this package, or two installed copies of it, must not both bridge.
const INSTALLATION = Symbol.for('@rum-llmobs/node-span-processor/dd-trace')

const shared = globalThis as { [INSTALLATION]?: Installation | undefined }

/**
 * Gives every LLM Observability span of dd-trace the RUM session that its request brought in the W3C `baggage` header:
 * the top-level `session_id` and the `session_id:` tag, in this service and in the dd-trace services it calls. A
 * `sessionId` of the application and a session from an upstream LLMObs service win.
 *
 * Call it once, before or after dd-trace is loaded. A second call installs nothing: it sets `isValidSessionId`, if
 * given, on the bridge that is there, and its `disable` is the same. Without dd-trace, with LLM Observability off or on
 * an unknown version nothing happens, apart from a `diag.debug`; nothing is thrown at run time.
 *
 * @returns `disable` removes every subscription and patch again
 * @throws TypeError for an option that is unknown or not valid
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
  let installation = shared[INSTALLATION]
  if (!installation) {
    installation = install(sessionIdValidator(isValidSessionId))
    shared[INSTALLATION] = installation
  } else if (isValidSessionId !== undefined) {
    installation.setValidator(sessionIdValidator(isValidSessionId))
  }
  const { disable } = installation
  return { disable }
}

function install(isValid: SessionIdValidator): Installation {
  const requests = new TraceSession(isValid)
  const stop = startBridge(requests)
  const installation: Installation = {
    setValidator(validator) {
      requests.isValid = validator
    },
    disable() {
      if (shared[INSTALLATION] !== installation) return
      delete shared[INSTALLATION]
      stop()
    },
  }
  return installation
}

function checked(config: DdTraceBridgeConfig): DdTraceBridgeConfig {
  if (typeof config !== 'object' || config === null) throw new TypeError('config must be an object')
  for (const option of Object.keys(config)) {
    if (option !== 'isValidSessionId')
      throw new TypeError(`unknown option ${option}: bridgeDdTrace has isValidSessionId`)
  }
  return config
}

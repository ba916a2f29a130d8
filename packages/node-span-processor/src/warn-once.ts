import { emitWarning } from 'node:process'
import { diag } from '@opentelemetry/api'
import { processState } from './process-state.js'

const logger = diag.createComponentLogger({ namespace: '@rum-llmobs/node-span-processor' })

// Where every copy of @opentelemetry/api 1.x keeps what was registered, the logger of `diag` among it.
const API = Symbol.for('opentelemetry.js.api.1')

/**
 * Tells the application what is wrong, each message once per process: through `diag`, or where no logger is set as a
 * warning of the process with the code `RUM_LLMOBS`. The message must never hold a session id. Never throws.
 */
export function warnOnce(message: string): void {
  try {
    const said = processState('warnings', () => new Set<string>())
    if (said.has(message)) return
    said.add(message)
    const api = (globalThis as { [API]?: { diag?: unknown } })[API]
    if (api?.diag) logger.warn(message)
    else emitWarning(message, { code: 'RUM_LLMOBS' })
  } catch {
    // A logger that throws.
  }
}

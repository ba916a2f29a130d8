import { emitWarning } from 'node:process'
import { diag } from '@opentelemetry/api'
import { OTEL_API } from './otel-api.js'
import { processState } from './process-state.js'

const logger = diag.createComponentLogger({ namespace: '@rum-llmobs/node-span-processor' })

/**
 * Reports a problem, each message once per process: through `diag`, or without a logger as a process warning with the code
 * `RUM_LLMOBS`. The message must not hold a session id. Never throws.
 */
export function warnOnce(message: string): void {
  try {
    const warned = processState('warnings', () => new Set<string>())
    if (warned.has(message)) return
    warned.add(message)
    const api = (globalThis as { [OTEL_API]?: { diag?: unknown } })[OTEL_API]
    if (api?.diag) logger.warn(message)
    else emitWarning(message, { code: 'RUM_LLMOBS' })
  } catch {
    // A logger that throws.
  }
}

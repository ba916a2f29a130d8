import { DiagLogLevel, diag } from '@opentelemetry/api'
import { processState } from '../src/process-state.js'

/** Collects the messages of `diag` until `diag.disable()`, and makes warnings that were reported already appear again. */
export function collectDiag(logLevel = DiagLogLevel.ALL): string[] {
  processState('warnings', () => new Set()).clear()
  const messages: string[] = []
  const log = (...parts: unknown[]) => messages.push(parts.map(String).join(' '))
  const logger = { debug: log, error: log, info: log, verbose: log, warn: log }
  diag.setLogger(logger, { logLevel, suppressOverrideMessage: true })
  messages.length = 0
  return messages
}

import { diag } from '@opentelemetry/api'

const warned = new Set<string>()

/** Reports a mistake in the set-up through OpenTelemetry's `diag`, each text once per page. */
export function warnOnce(text: string): void {
  if (warned.has(text)) return
  warned.add(text)
  diag.warn('@rum-llmobs/web-propagator', text)
}

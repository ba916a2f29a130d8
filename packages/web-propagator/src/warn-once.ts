import { diag } from '@opentelemetry/api'

const said = new Set<string>()

/** Says through OpenTelemetry's `diag` what to change in the set-up: each text once per page. */
export function warnOnce(text: string): void {
  if (said.has(text)) return
  said.add(text)
  diag.warn('@rum-llmobs/web-propagator', text)
}

import type { Sent } from './case.js'
import type { Observations } from './wire-checks.js'

/** Explains the columns of {@link caseRow}. */
export const ROW_HEAD = [
  'For each request: the origin that it reached, number of traceparents, baggage header, whether the session is right.',
  'Last column: result with W3CTraceContextPropagator → and W3CBaggagePropagator → with SessionBaggagePropagator instead.',
].join('\n')

const NAME_WIDTH = 82

export function caseRow(name: string, { traceparent, default: composite, session }: Observations): string {
  const arrived = session.arrived.map(request).join(' + ') || 'nothing'
  return `${name.padEnd(NAME_WIDTH)} | ${arrived} | ${traceparent.result} → ${composite.result} → ${session.result}`
}

function request({ to, traceparents, baggage }: Sent): string {
  return `${to} · ${traceparents} · ${baggage || 'no baggage'} · ${checkSession(baggage)}`
}

function checkSession(baggage: string): string {
  const sessions = baggage.split(/, ?/).filter((member) => member.startsWith('session.id='))
  if (sessions.length === 0) return 'no session'
  const right = sessions.every((member) => /^session\.id=(SESSION|RENEWED)$/.test(member))
  return `${right ? 'right' : 'FOREIGN'}${sessions.length > 1 ? ` ×${sessions.length}` : ''}`
}

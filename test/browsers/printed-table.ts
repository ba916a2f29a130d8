import type { Sent } from './case.js'
import type { Observations } from './verdict.js'

/** What the columns of {@link tableRow} are. */
export const TABLE_HEAD = [
  'Per request: origin that it reached, number of traceparents, baggage header, whether the session is the right one.',
  'Then how it ended with W3CTraceContextPropagator → and W3CBaggagePropagator → with the session instead of the latter.',
].join('\n')

const NAME_WIDTH = 82

export function tableRow(name: string, { traceparent, default: composite, session }: Observations): string {
  const arrived = session.arrived.map(request).join(' + ') || 'nothing'
  return `${name.padEnd(NAME_WIDTH)} | ${arrived} | ${traceparent.result} → ${composite.result} → ${session.result}`
}

function request({ to, traceparents, baggage }: Sent): string {
  return `${to} · ${traceparents} · ${baggage || 'no baggage'} · ${verdict(baggage)}`
}

function verdict(baggage: string): string {
  const sessions = baggage.split(/, ?/).filter((member) => member.startsWith('session.id='))
  if (sessions.length === 0) return 'no session'
  const right = sessions.every((member) => /^session\.id=(SESSION|RENEWED)$/.test(member))
  return `${right ? 'right' : 'FOREIGN'}${sessions.length > 1 ? ` ×${sessions.length}` : ''}`
}

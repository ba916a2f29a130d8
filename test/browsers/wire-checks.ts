import type { Case, Sent } from './case.js'
import type { Outcome, Propagation } from './page.js'
import type { WireRequest } from './wire-server.js'

/** What the application got and what arrived, for one action on one page. */
export interface Observation {
  result: string
  arrived: Sent[]
}

export type Observations = Record<Propagation, Observation>

/** Reads the header lines. RUM's session ids become SESSION and RENEWED. */
export function observe(
  outcome: Outcome,
  requests: readonly { to: 'own' | 'other'; request: WireRequest }[],
): Observation {
  const arrived = requests.map(({ to, request }) => {
    const baggage = linesOf(request, 'baggage').join(' and ')
    const [session, renewed] = outcome.sessions
    const named = session ? baggage.replaceAll(session, 'SESSION') : baggage
    return {
      to,
      // A browser joins header lines of the same name.
      traceparents: linesOf(request, 'traceparent').flatMap((line) => line.split(',')).length,
      baggage: renewed && renewed !== session ? named.replaceAll(renewed, 'RENEWED') : named,
    }
  })
  return { result: outcome.result, arrived }
}

function linesOf({ rawHeaders }: WireRequest, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name)
}

/** Compares a case with what a browser did. Returns the problems. */
export function checkCase(expected: Case, seen: Observations): string[] {
  const found: string[] = []
  const { session } = seen
  if (session.result !== (expected.result ?? 'ok')) found.push(`the application got ${session.result}`)
  if (JSON.stringify(session.arrived) !== JSON.stringify(expected.sent)) {
    found.push(`expected ${JSON.stringify(expected.sent)}, got ${JSON.stringify(session.arrived)}`)
  }
  for (const before of ['traceparent', 'default'] as const) {
    const regression = regressionOf(seen[before], session)
    // With allowedUrls the user decides to send the header. Without it no request may break.
    if (regression && !expected.setup?.allowed && !expected.breaks) {
      found.push(`worked on the page '${before}': ${regression}`)
    }
    if (!regression && before === 'traceparent' && expected.breaks) {
      found.push('the case has `breaks`, but the request works')
    }
  }
  return found
}

/** Returns what the propagator broke, or undefined. */
function regressionOf(before: Observation, after: Observation): string | undefined {
  if (before.result !== 'ok') return undefined
  if (after.result !== 'ok') return `now ${after.result}`
  if (before.arrived.length !== after.arrived.length) return 'another number of requests'
  for (const [index, was] of before.arrived.entries()) {
    const is = after.arrived[index] as Sent
    if (was.traceparents !== is.traceparents) return 'another number of traceparents'
    const members = is.baggage.split(/, ?/)
    const lost = was.baggage.split(/, ?/).find((member) => member && !members.includes(member))
    // RUM's session replaces a session.id of the application.
    if (lost && !lost.startsWith('session.id=')) return `${lost} is lost`
  }
  return undefined
}

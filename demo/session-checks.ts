import type { SpanKind, State, Trace } from '../packages/viewer/src/telemetry.js'
import type { Backend } from './start-demo.js'
import type { Asked, Route } from './visitors.js'

export interface Row {
  session: string
  visitor: string
  route: Route
  agentSpans: number
  joined: number
}

export interface SessionChecks {
  rows: Row[]
  /** Agent spans of questions that were asked in a session: how many there must be, and how many carry that session. */
  expected: number
  right: number
  /** Agent spans that carry a session other than the asking page's, or one although the page had none. */
  wrong: number
  problems: string[]
}

/** What one question about an order makes, by service: the answer takes three model steps and two tools. */
const expectedKinds: Record<Backend, Record<string, Partial<Record<SpanKind, number>>>> = {
  otel: {
    'shop-server': { agent: 1, workflow: 3, llm: 3, tool: 2 },
    'research-service': { agent: 1, workflow: 1, llm: 1 },
  },
  'dd-trace': {
    'shop-server': { agent: 1, llm: 3, tool: 2 },
    'research-service': { agent: 1, llm: 1 },
  },
  python: {
    'shop-server': { agent: 1, llm: 3, tool: 2 },
    'research-service': { agent: 1, llm: 1 },
  },
}

/** Holds what the viewer has received against what the visitors asked. */
export function checkSessions(backend: Backend, asked: Asked[], state: State): SessionChecks {
  const result: SessionChecks = { rows: [], expected: 0, right: 0, wrong: 0, problems: [] }
  const services = Object.entries(expectedKinds[backend])
  const perQuestion = services
    .flatMap(([, kinds]) => Object.values(kinds))
    .reduce((sum, count) => sum + count, 0)
  const seen = new Set<Trace>()
  for (const { visitor, route, marker, inSession, sessionId } of asked) {
    const traces = state.traces.filter((trace) => JSON.stringify(trace.spans).includes(marker))
    for (const trace of traces) seen.add(trace)
    if (traces.length !== 1) result.problems.push(`${visitor}, ${route}: ${traces.length} traces`)
    const spans = traces.flatMap((trace) => trace.spans).filter(({ kind }) => kind !== null)
    for (const [service, kinds] of services) {
      for (const [kind, count] of Object.entries(kinds)) {
        const found = spans.filter((span) => span.service === service && span.kind === kind).length
        if (found !== count)
          result.problems.push(`${visitor}, ${route}: ${found} of ${count} ${kind} spans in ${service}`)
      }
    }
    const joined = spans.filter((span) => sessionId !== null && span.sessionId === sessionId).length
    result.wrong += spans.filter((span) => span.sessionId !== null && span.sessionId !== sessionId).length
    if (inSession) {
      result.expected += perQuestion
      result.right += joined
    }
    const session = sessionId?.slice(0, 8) ?? 'none'
    result.rows.push({ session, visitor, route, agentSpans: spans.length, joined })
  }
  const strays = state.traces.filter(
    (trace) => !seen.has(trace) && trace.spans.some(({ kind }) => kind !== null),
  )
  if (strays.length > 0) result.problems.push(`${strays.length} agent traces that nobody asked for`)
  result.problems.push(...missingFromSessions(asked, state))
  return result
}

/** The way back: each session is known from RUM itself, with a view and its clicks, and leads to its questions. */
function missingFromSessions(asked: Asked[], state: State): string[] {
  const problems: string[] = []
  for (const id of new Set(asked.flatMap(({ sessionId }) => sessionId ?? []))) {
    const session = state.sessions.find((candidate) => candidate.id === id)
    const questions = asked.filter(({ sessionId }) => sessionId === id).length
    const name = `session ${id.slice(0, 8)}`
    if (!session?.views.length) problems.push(`${name}: no view from RUM`)
    if (!session?.actions.length) problems.push(`${name}: no action from RUM`)
    if (session?.traceIds.length !== questions) {
      problems.push(
        `${name}: leads to ${session?.traceIds.length ?? 0} traces, ${questions} questions were asked`,
      )
    }
  }
  return problems
}

import type { Session, State, Trace } from '../telemetry.js'
import { isLlmTrace } from './parts.js'

/** What the page shows, and how the visitor has set it. */
export interface Model {
  state: State
  route: Route
  connection: 'connecting' | 'live' | 'lost'
  /** When the state was last read; 0: not yet. */
  readAt: number
  now: number
  traceFilter: 'all' | 'joined' | 'unjoined'
  showsOtherRequests: boolean
  expandedSpans: ReadonlySet<string>
  /** The app of the configured Datadog site, for example `https://app.datadoghq.eu`. */
  datadog: string | null
}

export type Route = { page: 'overview' } | { page: 'session' | 'trace'; id: string }

/** `#/sessions/<id>` and `#/traces/<id>`; anything else is the overview. */
export function routeOf(hash: string): Route {
  const [, page, id] = hash.split('/')
  if (!id || (page !== 'sessions' && page !== 'traces')) return { page: 'overview' }
  return { page: page === 'sessions' ? 'session' : 'trace', id: decoded(id) }
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}

export function llmTraces({ state }: Model): Trace[] {
  return state.traces.filter(isLlmTrace)
}

/** The LLM traces of a session, the oldest first. */
export function tracesOf(model: Model, session: Session): Trace[] {
  return llmTraces(model)
    .filter(({ traceId }) => session.traceIds.includes(traceId))
    .sort((one, other) => one.startedAt - other.startedAt)
}

export function spanKey(traceId: string, spanId: string): string {
  return `${traceId}/${spanId}`
}

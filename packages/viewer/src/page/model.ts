import type { Reason, Session, SessionSummary, Trace, TraceSummary } from '../telemetry.js'
import type { Route } from './route.js'

/** What the page shows, and how the visitor has set it. */
export interface Model {
  sessions: ReadonlyMap<string, SessionSummary>
  traces: ReadonlyMap<string, TraceSummary>
  notices: Reason[]
  route: Route
  /** What the route names: undefined while it is read, null where the viewer does not know it. */
  session: Session | null | undefined
  trace: Trace | null | undefined
  connection: 'connecting' | 'live' | 'lost'
  /** When the overview was last read; 0: not yet. */
  readAt: number
  now: number
  query: string
  traceFilter: 'all' | 'joined' | 'unjoined' | 'failed'
  /** Keys of what is shown whole or opened and not worth a place in the URL. */
  opened: ReadonlySet<string>
  /** The app of the configured Datadog site, for example `https://app.datadoghq.eu`. */
  datadog: string | null
}

/** The LLM traces of a session, the oldest first. */
export function tracesOf({ traces }: Model, { traceIds }: Session): TraceSummary[] {
  return traceIds
    .flatMap((id) => traces.get(id) ?? [])
    .filter(({ llmSpans }) => llmSpans > 0)
    .sort((one, other) => one.startedAt - other.startedAt)
}

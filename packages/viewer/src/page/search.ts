import type { SessionSummary, TraceSummary } from '../telemetry.js'
import type { Model } from './model.js'

/** The sessions and LLM traces to list, the newest first: those that have the query in an id, a question or an error. */
export function listed({ sessions, traces, query, traceFilter }: Model): {
  sessions: SessionSummary[]
  traces: TraceSummary[]
  llmTraces: number
} {
  const wanted = query.trim().toLowerCase()
  const llmTraces = [...traces.values()].filter(({ llmSpans }) => llmSpans > 0)
  const found = llmTraces.filter((trace) => traceText(trace).includes(wanted))
  const foundIds = new Set(found.map(({ traceId }) => traceId))
  return {
    sessions: [...sessions.values()]
      .filter(
        (session) =>
          sessionText(session).includes(wanted) || session.traceIds.some((traceId) => foundIds.has(traceId)),
      )
      .sort((one, other) => other.lastSeenAt - one.lastSeenAt),
    traces: found
      .filter((trace) => FILTERS[traceFilter](trace))
      .sort((one, other) => other.startedAt - one.startedAt),
    llmTraces: llmTraces.length,
  }
}

const FILTERS: Record<Model['traceFilter'], (trace: TraceSummary) => boolean> = {
  all: () => true,
  joined: ({ sessionId }) => sessionId !== null,
  unjoined: ({ sessionId }) => sessionId === null,
  failed: ({ errors }) => errors > 0,
}

const texts = new WeakMap<object, string>()

function sessionText(session: SessionSummary): string {
  return textOf(session, [session.id, session.firstError, session.url])
}

function traceText(trace: TraceSummary): string {
  const { traceId, sessionIds, question, error, rootName, services } = trace
  return textOf(trace, [traceId, ...sessionIds, question, error, rootName, ...services])
}

function textOf(item: object, parts: (string | null)[]): string {
  const text = texts.get(item) ?? parts.join('\n').toLowerCase()
  texts.set(item, text)
  return text
}

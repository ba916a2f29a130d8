import type { Session, SessionSource, SessionSummary, Span, Trace, TraceSummary } from './telemetry.js'

const TEXT_LENGTH = 300

export function traceSummary({ spans, ...trace }: Trace): TraceSummary {
  const llmSpans = spans.filter(({ kind }) => kind !== null)
  const failed = spans.filter(({ error }) => error !== null)
  const sources: Partial<Record<SessionSource, number>> = {}
  for (const { sessionFrom } of llmSpans) {
    if (sessionFrom) sources[sessionFrom] = (sources[sessionFrom] ?? 0) + 1
  }
  return {
    ...trace,
    question: cut(llmSpans.find(({ input }) => input)?.input),
    answer: cut(llmSpans.find(({ output }) => output)?.output),
    error: cut(failed[0]?.error),
    errors: failed.length,
    llmSpans: llmSpans.length,
    joinedSpans: llmSpans.filter(({ sessionId }) => sessionId !== null).length,
    sources,
    tokens: tokensOf(llmSpans),
    models: [...new Set(llmSpans.flatMap(({ model }) => model ?? []))],
  }
}

export function sessionSummary({ views, actions, resources, errors, ...session }: Session): SessionSummary {
  return {
    ...session,
    views: views.length,
    actions: actions.length,
    resources: resources.length,
    errors: errors.length,
    firstError: cut(errors[0]?.message),
    url: cut(views[0]?.url),
  }
}

/** Those of the model calls: an agent repeats the sum of what is below it. */
function tokensOf(llmSpans: readonly Span[]): Span['tokens'] {
  const calls = llmSpans.filter(({ kind, tokens }) => tokens && (kind === 'llm' || kind === 'embedding'))
  if (calls.length === 0) return llmSpans.find(({ tokens }) => tokens)?.tokens ?? null
  const sum = (direction: 'input' | 'output') =>
    calls.reduce((total, { tokens }) => total + (tokens?.[direction] ?? 0), 0)
  return { input: sum('input'), output: sum('output') }
}

function cut(text: string | null | undefined): string | null {
  return text ? text.slice(0, TEXT_LENGTH) : null
}

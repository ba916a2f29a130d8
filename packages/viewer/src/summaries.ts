import { questionAndAnswer } from './question-answer.js'
import type { Session, SessionSource, SessionSummary, Span, Trace, TraceSummary } from './telemetry.js'

const TEXT_LENGTH = 300

export function traceSummary({ spans, ...trace }: Trace): TraceSummary {
  const llmSpans = spans.filter(({ kind }) => kind !== null)
  const failed = spans.filter(({ error }) => error !== null)
  const sources: Partial<Record<SessionSource, number>> = {}
  for (const { sessionFrom } of llmSpans) {
    if (sessionFrom) sources[sessionFrom] = (sources[sessionFrom] ?? 0) + 1
  }
  const { question, answer } = questionAndAnswer(spans)
  return {
    ...trace,
    question: cut(question),
    answer: cut(answer),
    error: cut(failed[0]?.error),
    errors: failed.length,
    llmSpans: llmSpans.length,
    joinedSpans: llmSpans.filter(({ sessionId }) => sessionId !== null).length,
    sources,
    tokens: tokensOf(llmSpans),
    cost: costOf(llmSpans),
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
export function tokensOf(llmSpans: readonly Span[]): Span['tokens'] {
  const counted = callsWith(llmSpans, 'tokens')
  if (counted.length === 0) return null
  const sum = (direction: 'input' | 'output') =>
    counted.reduce((total, { tokens }) => total + (tokens?.[direction] ?? 0), 0)
  return { input: sum('input'), output: sum('output') }
}

export function costOf(llmSpans: readonly Span[]): number | null {
  const counted = callsWith(llmSpans, 'cost')
  return counted.length === 0 ? null : counted.reduce((total, { cost }) => total + (cost ?? 0), 0)
}

/** The model calls that say it; where none does, the topmost span that does. */
function callsWith(llmSpans: readonly Span[], what: 'tokens' | 'cost'): Span[] {
  const calls = llmSpans.filter(
    (span) => span[what] !== null && (span.kind === 'llm' || span.kind === 'embedding'),
  )
  return calls.length > 0 ? calls : llmSpans.filter((span) => span[what] !== null).slice(0, 1)
}

function cut(text: string | null | undefined): string | null {
  return text ? text.slice(0, TEXT_LENGTH) : null
}

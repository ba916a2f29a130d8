import { questionAndAnswer } from './question-answer.js'
import type { Session, SessionSummary, Trace, TraceSummary } from './telemetry.js'

const TEXT_LENGTH = 300

export function traceSummary({ spans, ...trace }: Trace): TraceSummary {
  const llmSpans = spans.filter(({ kind }) => kind !== null)
  const failed = spans.filter(({ error }) => error !== null)
  const { question, answer } = questionAndAnswer(spans)
  return {
    ...trace,
    question: cut(question),
    answer: cut(answer),
    error: cut(failed[0]?.error),
    errors: failed.length,
    llmSpans: llmSpans.length,
    joinedSpans: llmSpans.filter(({ sessionId }) => sessionId !== null).length,
  }
}

export function sessionSummary({ views, actions, resources, errors, ...session }: Session): SessionSummary {
  return {
    ...session,
    views: views.length,
    actions: actions.length,
    errors: errors.length,
    firstError: cut(errors[0]?.message),
    url: cut(views[0]?.url),
  }
}

function cut(text: string | null | undefined): string | null {
  return text ? text.slice(0, TEXT_LENGTH) : null
}

import { isRecord, parseJson, text } from './json.js'
import type { Span } from './telemetry.js'

/**
 * What a trace was asked, and what it answered: the input and the output of its topmost LLM Observability spans that
 * have one. `spans` are in the order of their start, as a trace holds them.
 */
export function questionAndAnswer(spans: readonly Span[]): {
  question: string | null
  answer: string | null
} {
  const llmSpans = spans.filter(({ kind }) => kind !== null)
  return { question: first(llmSpans, ({ input }) => questionIn(input)), answer: first(llmSpans, answerOf) }
}

function first(spans: readonly Span[], textOf: (span: Span) => string | null): string | null {
  for (const span of spans) {
    const found = textOf(span)
    if (found) return found
  }
  return null
}

const ROLE = /^(system|developer|user|human|assistant|tool): /

/** The last message of a user; the one text of a JSON object; or the input as it is. */
export function questionIn(input: string | null): string | null {
  if (!input) return null
  const lines = input.split('\n')
  const last = lines.findLastIndex((line) => /^(user|human): /.test(line))
  if (last !== -1) {
    const end = lines.findIndex((line, index) => index > last && ROLE.test(line))
    return lines
      .slice(last, end === -1 ? undefined : end)
      .join('\n')
      .replace(ROLE, '')
  }
  const parsed = parseJson(input)
  const values = isRecord(parsed) ? Object.values(parsed).flatMap((value) => text(value) ?? []) : []
  return values.length === 1 ? (values[0] as string) : input
}

/** A tool's result is no answer, and neither is a model's call of a tool. */
function answerOf(span: Span): string | null {
  const { kind, parts } = span
  if (parts.length > 0)
    return parts.findLast(({ label }) => label === 'answer' || label === 'text')?.text ?? null
  return kind === 'tool' || kind === 'retrieval' || kind === 'embedding' ? null : plainOutput(span)
}

/** The output of a span without parts, without the role of the one message that it may be. */
export function plainOutput({ output }: Pick<Span, 'output'>): string | null {
  return output?.replace(/^(assistant|ai|model): /, '') ?? null
}

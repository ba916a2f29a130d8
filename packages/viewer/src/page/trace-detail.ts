import { questionAndAnswer } from '../question-answer.js'
import type { Span } from '../telemetry.js'
import { el } from './dom.js'
import { dollars, duration, shortId } from './format.js'
import type { Model } from './model.js'
import { copyableId, externalLink, figures, kindBadge, timeOf } from './parts.js'
import type { TraceRoute } from './route.js'
import { spanTree } from './span-tree.js'
import { textBlock } from './text-block.js'
import { traceJoin } from './trace-join.js'
import { traceSteps } from './trace-steps.js'

const SOURCES = { otlp: 'OpenTelemetry', 'dd-trace': 'dd-trace' }
const TITLE_LENGTH = 120

export function traceDetail(model: Model, route: TraceRoute): HTMLElement {
  const { trace } = model
  if (!trace) return withoutTrace(route.id, trace === null)
  const llmSpans = trace.spans.filter(({ kind }) => kind !== null)
  const { question, answer } = questionAndAnswer(trace.spans)
  const tokens = tokensOf(llmSpans)
  const cost = costOf(llmSpans)
  const failed = trace.spans.filter(({ error }) => error !== null)
  return el(
    'article',
    { 'data-key': `trace ${route.id}`, class: 'detail' },
    el('p', { class: 'eyebrow' }, llmSpans.length > 0 ? 'LLM trace' : 'Trace'),
    el('h2', { tabindex: -1, class: 'title' }, title(question) ?? (trace.rootName || shortId(route.id))),
    el(
      'p',
      { class: 'under-title' },
      el(
        'span',
        {},
        question ? `${trace.rootName}, ` : '',
        'started ',
        timeOf(trace.startedAt),
        ` by ${trace.services.join(', ')} (${SOURCES[trace.source]})`,
      ),
      copyableId(route.id, 'trace id'),
      model.datadog &&
        externalLink(
          `${model.datadog}/llm/traces?query=${encodeURIComponent(`trace_id:${route.id}`)}`,
          'Open in Datadog LLM Observability',
        ),
    ),
    llmSpans.length > 0 &&
      el(
        'dl',
        { class: 'exchange', 'data-key': 'exchange' },
        question !== null && question !== title(question) && el('dt', {}, 'Question'),
        question !== null &&
          question !== title(question) &&
          el('dd', {}, textBlock(model, 'question', question)),
        el('dt', {}, 'Answer'),
        el(
          'dd',
          {},
          answer === null
            ? el('p', { class: 'faint' }, 'None was recorded.')
            : textBlock(model, 'answer', answer),
        ),
      ),
    llmSpans.length > 0 && traceJoin(model, trace),
    figures([
      ['Duration', duration(trace.durationMs)],
      ['Spans', trace.spans.length],
      ['Errors', failed.length, failed.length > 0 ? 'bad' : ''],
      ['Tokens in', tokens?.input.toLocaleString()],
      ['Tokens out', tokens?.output.toLocaleString()],
      ['Cost', cost === null ? null : dollars(cost)],
    ]),
    failed.length > 0 && failures(failed),
    traceSteps(model, trace),
    spanTree(model, trace, route),
  )
}

/** A question is a title where it is short enough for one. */
function title(question: string | null): string | null {
  const line = question?.trim() ?? ''
  return line === '' ? null : line.length <= TITLE_LENGTH ? line : `${line.slice(0, TITLE_LENGTH)}…`
}

function failures(failed: Span[]): HTMLElement {
  return el(
    'ul',
    { class: 'note bad', 'data-key': 'failures', 'aria-label': 'Errors' },
    ...failed
      .slice(0, 10)
      .map(({ spanId, kind, name, error }) =>
        el(
          'li',
          { 'data-key': spanId },
          el(
            'button',
            { type: 'button', class: 'link', 'data-action': 'show-span', 'data-value': spanId },
            kindBadge(kind),
            ` ${name}`,
          ),
          ` ${error}`,
        ),
      ),
    failed.length > 10 && el('li', {}, `and ${failed.length - 10} more`),
  )
}

function withoutTrace(id: string, isUnknown: boolean): HTMLElement {
  return el(
    'article',
    { 'data-key': `trace ${id}`, class: 'detail' },
    el('p', { class: 'eyebrow' }, 'LLM trace'),
    el('h2', { tabindex: -1, class: 'title' }, copyableId(id, 'trace id')),
    el(
      'p',
      { class: 'note' },
      isUnknown
        ? 'Nothing is known of this trace. It has not reported yet, or it was dropped to make room.'
        : 'Reading…',
    ),
  )
}

/** Those of the model calls: an agent repeats the sum of what is below it. */
function tokensOf(llmSpans: readonly Span[]): Span['tokens'] {
  const counted = callsWith(llmSpans, 'tokens')
  if (counted.length === 0) return null
  const sum = (direction: 'input' | 'output') =>
    counted.reduce((total, { tokens }) => total + (tokens?.[direction] ?? 0), 0)
  return { input: sum('input'), output: sum('output') }
}

function costOf(llmSpans: readonly Span[]): number | null {
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

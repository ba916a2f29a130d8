import { plainOutput } from '../question-answer.js'
import type { OutputPart, Span, Trace } from '../telemetry.js'
import { el } from './dom.js'
import { duration } from './format.js'
import type { Model } from './model.js'
import { textBlock } from './text-block.js'

interface Step {
  label: OutputPart['label'] | 'error'
  name?: string
  text: string
  span: Span
  /** A tool's call is there before its result. */
  at: number
}

/** What the models and tools of a trace put out, in the order in which it was there. */
function stepsOf({ spans }: Trace): Step[] {
  const ends = ({ startedAt, durationMs }: Span) => startedAt + durationMs
  const steps = spans.flatMap((span): Step[] => {
    if (span.kind === 'llm') {
      const parts = span.parts.length > 0 ? span.parts : answer(span)
      return [...parts.map((part) => ({ ...part, span, at: ends(span) })), ...failure(span, ends(span))]
    }
    if (span.kind !== 'tool' && span.kind !== 'retrieval') return []
    const { name } = span
    return [
      ...(span.input === null
        ? []
        : [{ label: 'tool call' as const, name, text: span.input, span, at: span.startedAt }]),
      ...(span.output === null
        ? []
        : [{ label: 'result' as const, name, text: span.output, span, at: ends(span) }]),
      ...failure(span, ends(span)),
    ]
  })
  return withoutRepeatedCalls(steps.sort((one, other) => one.at - other.at))
}

function answer(span: Span): OutputPart[] {
  const text = plainOutput(span)
  return text === null ? [] : [{ label: 'answer', text }]
}

function failure(span: Span, at: number): Step[] {
  return span.error === null ? [] : [{ label: 'error', text: span.error, span, at }]
}

/** A model says which tool it calls, and the tool's span says so again. */
function withoutRepeatedCalls(steps: Step[]): Step[] {
  const said = new Map<string, number>()
  return steps.filter(({ label, name = '', span }) => {
    if (label !== 'tool call') return true
    const times = said.get(name) ?? 0
    if (span.kind === 'llm') said.set(name, times + 1)
    else if (times > 0) said.set(name, times - 1)
    return span.kind === 'llm' || times === 0
  })
}

export function traceSteps(model: Model, trace: Trace): HTMLElement | null {
  const steps = stepsOf(trace)
  if (steps.length === 0) return null
  return el(
    'section',
    { 'aria-labelledby': 'steps-title', 'data-key': 'steps' },
    el('div', { class: 'section-head' }, el('h3', { id: 'steps-title' }, 'What happened')),
    el(
      'ol',
      { class: 'steps' },
      ...steps.map((step, index) => stepItem(model, trace, step, `step ${index}`)),
    ),
  )
}

function stepItem(model: Model, trace: Trace, step: Step, key: string): HTMLElement {
  const { label, name, text, span, at } = step
  return el(
    'li',
    { class: `step step-${label.replace(' ', '-')}`, 'data-key': key },
    el('span', { class: 'step-at' }, `+${duration(Math.max(0, at - trace.startedAt))}`),
    el('span', { class: 'step-label' }, label),
    el(
      'div',
      { class: 'step-body' },
      el(
        'p',
        { class: 'step-by' },
        name && el('code', {}, name),
        el('span', { class: 'faint' }, [span.model, span.service].filter(Boolean).join(', ')),
        el(
          'button',
          {
            type: 'button',
            class: 'quiet',
            'data-action': 'show-span',
            'data-value': span.spanId,
            'aria-label': `Show the span ${span.name}`,
          },
          'Span ↓',
        ),
      ),
      textBlock(model, key, text),
    ),
  )
}

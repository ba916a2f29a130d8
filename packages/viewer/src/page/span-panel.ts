import { asText } from '../json.js'
import { plainOutput } from '../question-answer.js'
import type { Span } from '../telemetry.js'
import { type Child, el } from './dom.js'
import { count, dollars } from './format.js'
import type { Model } from './model.js'
import { copyableId, reasonNote } from './parts.js'
import { textBlock } from './text-block.js'

/** What a span says of itself, below its row. */
export function spanPanel(model: Model, span: Span): HTMLElement {
  const { spanId, sessionId, sessionFrom, tokens, cost, kind } = span
  const facts: [string, Child][] = [
    ['Session', sessionId === null ? (kind === null ? null : 'none') : copyableId(sessionId, 'session id')],
    ['From', sessionFrom && el('code', {}, sessionFrom)],
    ['Model', span.model],
    ['Tokens', tokens && `${tokens.input.toLocaleString()} in, ${tokens.output.toLocaleString()} out`],
    ['Cost', cost === null ? null : dollars(cost)],
    ['Span id', copyableId(spanId, 'span id')],
  ]
  return el(
    'div',
    { class: 'panel' },
    span.error !== null && el('p', { class: 'note bad' }, span.error),
    span.reason && reasonNote(span.reason),
    span.input !== null && figure('Input', textBlock(model, `${spanId} input`, span.input)),
    ...output(model, span),
    el('dl', { class: 'facts' }, ...facts.filter(([, value]) => value).flatMap(term)),
    attributeList(model, span),
  )
}

function output(model: Model, span: Span): HTMLElement[] {
  const text = plainOutput(span)
  const label = { tool: 'result', llm: 'answer', agent: 'answer' }[span.kind as string] ?? 'output'
  const pieces = span.parts.length > 0 ? span.parts : text === null ? [] : [{ label, text }]
  return pieces.map(({ label, text, ...more }, index) =>
    figure(
      label[0]?.toUpperCase() + label.slice(1) + ('name' in more ? `: ${more.name}` : ''),
      textBlock(model, `${span.spanId} output ${index}`, text),
    ),
  )
}

function figure(caption: string, content: HTMLElement): HTMLElement {
  return el('figure', {}, el('figcaption', {}, caption), content)
}

/** There may be many, so they are made when asked for. */
function attributeList({ opened }: Model, { spanId, attributes }: Span): HTMLElement | null {
  const entries = Object.entries(attributes)
  if (entries.length === 0) return null
  const key = `${spanId} attributes`
  const isOpen = opened.has(key)
  return el(
    'div',
    { 'data-key': key },
    el(
      'button',
      {
        type: 'button',
        class: 'quiet',
        'data-action': 'open',
        'data-value': key,
        'aria-expanded': String(isOpen),
      },
      `${isOpen ? 'Hide' : 'Show'} ${count(entries.length, 'attribute')}`,
    ),
    isOpen &&
      el(
        'dl',
        { class: 'facts' },
        ...entries.map(([name, value]): [string, Child] => [name, asText(value)]).flatMap(term),
      ),
  )
}

function term([name, value]: [string, Child]): HTMLElement[] {
  return [el('dt', {}, name), el('dd', {}, value)]
}

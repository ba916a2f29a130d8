import { ancestors } from '../ancestors.js'
import type { Span, Trace } from '../telemetry.js'
import { type Child, el } from './dom.js'
import { duration, shortId } from './format.js'
import type { Model } from './model.js'
import { kindBadge } from './parts.js'
import type { TraceRoute } from './route.js'
import { spanPanel } from './span-panel.js'
import { timeAxis, timeBar } from './time-axis.js'

/** The spans as nested lists below a time axis, each row a button that opens what the span says. */
export function spanTree(model: Model, trace: Trace, { open }: TraceRoute): HTMLElement {
  const children = byParent(trace.spans)
  const isOpen = (span: Span) => open === 'all' || open.has(span.spanId)
  const branch = (spans: Span[] | undefined): HTMLElement | null =>
    spans
      ? el(
          'ol',
          {},
          ...spans.map((span) =>
            treeItem(model, trace, span, isOpen(span), branch(children.get(span.spanId))),
          ),
        )
      : null
  return el(
    'section',
    { 'aria-labelledby': 'spans-title', 'data-key': 'spans' },
    el(
      'div',
      { class: 'section-head' },
      el('h3', { id: 'spans-title' }, 'Spans'),
      el(
        'div',
        { class: 'buttons' },
        button('Expand all', 'all', open === 'all'),
        button('Collapse all', 'none', open !== 'all' && open.size === 0),
      ),
    ),
    el(
      'div',
      { class: 'tree' },
      el('div', { class: 'tree-head' }, timeAxis(trace)),
      branch(children.get(null)),
    ),
  )
}

function button(label: string, value: string, isSo: boolean): HTMLElement {
  return el(
    'button',
    { type: 'button', class: 'quiet', 'data-action': 'spans', 'data-value': value, disabled: isSo },
    label,
  )
}

/** A span whose parent was not received, or that is its own ancestor, stands at the top. */
function byParent(spans: Span[]): Map<string | null, Span[]> {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const isKnown = (id: string | null) => id !== null && byId.has(id)
  const children = new Map<string | null, Span[]>()
  for (const span of spans) {
    const { parentSpanId: above = null } = [...ancestors(span, byId)].at(-1) ?? {}
    const at = isKnown(span.parentSpanId) && !isKnown(above) ? span.parentSpanId : null
    const siblings = children.get(at)
    if (siblings) siblings.push(span)
    else children.set(at, [span])
  }
  return children
}

function treeItem(
  model: Model,
  trace: Trace,
  span: Span,
  isOpen: boolean,
  branch: HTMLElement | null,
): HTMLElement {
  return el(
    'li',
    { 'data-key': span.spanId },
    el(
      'button',
      {
        type: 'button',
        class: `span ${span.kind === null ? 'span-other' : ''}`,
        'data-action': 'span',
        'data-value': span.spanId,
        'aria-expanded': String(isOpen),
      },
      el(
        'span',
        { class: 'span-name' },
        kindBadge(span.kind),
        el('span', { class: 'name' }, span.name),
        span.error !== null && el('span', { class: 'bad' }, 'error'),
        joinMark(trace, span),
        span.tokens &&
          el(
            'span',
            { class: 'span-tokens' },
            `${span.tokens.input.toLocaleString()} → ${span.tokens.output.toLocaleString()} tokens`,
          ),
      ),
      el('span', { class: 'span-service' }, span.service),
      timeBar(trace, span),
      el('span', { class: 'span-time' }, duration(span.durationMs)),
    ),
    isOpen && spanPanel(model, span),
    branch,
  )
}

/** Every LLM Observability span that carries no session, or another one than its trace, says so. */
function joinMark(trace: Trace, span: Span): Child {
  if (span.kind === null || span.sessionId === trace.sessionId) return null
  return span.sessionId === null
    ? el('span', { class: 'mark unjoined' }, 'no session')
    : el('span', { class: 'mark mixed' }, `session ${shortId(span.sessionId)}`)
}

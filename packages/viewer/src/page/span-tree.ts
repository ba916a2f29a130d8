import type { Span, Trace } from '../telemetry.js'
import { type Child, el, svg } from './dom.js'
import { duration, shortId } from './format.js'
import { type Model, spanKey } from './model.js'
import { copyableId, kindBadge } from './parts.js'

/** The spans as nested lists, each row a button that opens what the span says. */
export function spanTree(model: Model, trace: Trace): HTMLElement {
  const children = byParent(trace.spans)
  const branch = (spans: Span[] | undefined): HTMLElement | null =>
    spans
      ? el('ol', {}, ...spans.map((span) => treeItem(model, trace, span, branch(children.get(span.spanId)))))
      : null
  return el('div', { class: 'tree' }, branch(children.get(null)))
}

/** A span whose parent was not received, or that is its own ancestor, stands at the top. */
function byParent(spans: Span[]): Map<string | null, Span[]> {
  const parents = new Map(spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId]))
  const reachesRoot = (spanId: string) => {
    const seen = new Set<string>()
    for (let at: string | null = spanId; at !== null && parents.has(at); at = parents.get(at) ?? null) {
      if (seen.has(at)) return false
      seen.add(at)
    }
    return true
  }
  const children = new Map<string | null, Span[]>()
  for (const span of spans) {
    const parent = span.parentSpanId
    const at = parent !== null && parents.has(parent) && reachesRoot(span.spanId) ? parent : null
    children.set(at, [...(children.get(at) ?? []), span])
  }
  return children
}

function treeItem(model: Model, trace: Trace, span: Span, branch: HTMLElement | null): HTMLElement {
  const key = spanKey(trace.traceId, span.spanId)
  const isOpen = model.expandedSpans.has(key)
  return el(
    'li',
    { 'data-key': span.spanId },
    el(
      'button',
      {
        type: 'button',
        class: `span ${span.kind === null ? 'span-other' : ''}`,
        'data-action': 'span',
        'data-value': key,
        'aria-expanded': String(isOpen),
      },
      el(
        'span',
        { class: 'span-name' },
        kindBadge(span.kind),
        el('span', { class: 'name' }, span.name),
        span.error !== null && el('span', { class: 'bad' }, 'error'),
        joinMark(trace, span),
      ),
      el('span', { class: 'span-service' }, span.service),
      bar(trace, span),
      el('span', { class: 'span-time' }, duration(span.durationMs)),
    ),
    isOpen && spanPanel(span),
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

const BAR_WIDTH = 1000

function bar(trace: Trace, span: Span): SVGElement {
  const scale = BAR_WIDTH / Math.max(trace.durationMs, 0.001)
  const x = Math.max(0, (span.startedAt - trace.startedAt) * scale)
  const width = Math.min(Math.max(span.durationMs * scale, 8), BAR_WIDTH)
  return svg(
    'svg',
    { class: 'bar', viewBox: `0 0 ${BAR_WIDTH} 10`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', {
      class: `bar-${span.kind ?? 'other'}`,
      x: Math.min(x, BAR_WIDTH - width),
      width,
      height: 10,
    }),
  )
}

function spanPanel(span: Span): HTMLElement {
  const facts: [string, Child][] = [
    [
      'Session',
      span.sessionId === null
        ? span.kind === null
          ? null
          : 'none'
        : copyableId(span.sessionId, 'session id'),
    ],
    ['Model', span.model],
    [
      'Tokens',
      span.tokens && `${span.tokens.input.toLocaleString()} in, ${span.tokens.output.toLocaleString()} out`,
    ],
    ['Span id', copyableId(span.spanId, 'span id')],
  ]
  const attributes = Object.entries(span.attributes)
  return el(
    'div',
    { class: 'panel' },
    span.error !== null && el('p', { class: 'note bad' }, span.error),
    textBlock('Input', span.input),
    textBlock('Output', span.output),
    el('dl', { class: 'facts' }, ...facts.filter(([, value]) => value).flatMap(term)),
    attributes.length > 0 &&
      el(
        'details',
        { 'data-key': 'attributes' },
        el('summary', {}, `${attributes.length} attributes`),
        el(
          'dl',
          { class: 'facts' },
          ...attributes.map(([name, value]): [string, Child] => [name, asText(value)]).flatMap(term),
        ),
      ),
  )
}

function term([name, value]: [string, Child]): HTMLElement[] {
  return [el('dt', {}, name), el('dd', {}, value)]
}

function textBlock(title: string, text: string | null): HTMLElement | null {
  return text === null
    ? null
    : el('figure', { 'data-key': title }, el('figcaption', {}, title), el('pre', { tabindex: 0 }, text))
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

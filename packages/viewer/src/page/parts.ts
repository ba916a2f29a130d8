import type { Reason, SpanKind, Trace, TraceSummary } from '../telemetry.js'
import { type Child, el } from './dom.js'
import { clock, count, isoTime, shortId } from './format.js'

export function kindBadge(kind: SpanKind | null): HTMLElement {
  return el('span', { class: `kind kind-${kind ?? 'other'}` }, kind ?? 'span')
}

/** What the trace was asked, on one line; its name where it was asked nothing. */
export function titleOf({ question, rootName, traceId }: TraceSummary): string {
  return question?.replace(/\s+/g, ' ').trim() || rootName || shortId(traceId)
}

/** Which session a trace is filed under; more than one is a fault that must not go unseen. */
export function sessionMark({ sessionIds }: Pick<Trace, 'sessionIds'>): HTMLElement {
  const [first, ...others] = sessionIds
  if (first === undefined) return el('span', { class: 'mark unjoined' }, 'not joined')
  if (others.length > 0) return el('span', { class: 'mark mixed' }, count(sessionIds.length, 'session'))
  return el('span', { class: 'mark joined' }, 'session ', el('code', {}, shortId(first)))
}

export function timeOf(at: number, label = clock(at)): HTMLElement {
  return el('time', { datetime: isoTime(at), title: isoTime(at) }, label)
}

/** What is missing, and what mends it. */
export function reasonNote({ code, found, mend }: Reason, ...more: Child[]): HTMLElement {
  return el(
    'div',
    { class: 'note unjoined', 'data-key': `reason ${code}` },
    el('p', {}, found),
    el('p', {}, el('strong', {}, 'Mend: '), mend),
    ...more,
  )
}

/** The whole id, and a button that copies it. */
export function copyableId(id: string, what: string): HTMLElement {
  return el(
    'span',
    { class: 'id' },
    el('code', {}, id),
    el(
      'button',
      {
        type: 'button',
        class: 'copy',
        'data-action': 'copy',
        'data-value': id,
        'aria-label': `Copy ${what}`,
      },
      'Copy',
    ),
  )
}

export function externalLink(href: string, text: string): HTMLElement {
  return el('a', { class: 'external', href, target: '_blank', rel: 'noreferrer' }, text, arrow('↗'))
}

export function arrow(glyph: string): HTMLElement {
  return el('span', { class: 'arrow', 'aria-hidden': 'true' }, glyph)
}

/** Figures with their names; one that is null or undefined is left out. */
export function figures(entries: [name: string, value: Child, tone?: string][]): HTMLElement {
  return el(
    'dl',
    { class: 'figures' },
    ...entries
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value, tone]) =>
        el('div', { class: tone ? `figure ${tone}` : 'figure' }, el('dt', {}, name), el('dd', {}, value)),
      ),
  )
}

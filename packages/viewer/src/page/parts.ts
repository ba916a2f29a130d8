import type { SpanKind, Trace } from '../telemetry.js'
import { type Child, el } from './dom.js'
import { clock, isoTime } from './format.js'

export function kindBadge(kind: SpanKind | null): HTMLElement {
  return el('span', { class: `kind kind-${kind ?? 'other'}` }, kind ?? 'span')
}

export function sessionHref(id: string): string {
  return `#/sessions/${encodeURIComponent(id)}`
}

export function traceHref(id: string): string {
  return `#/traces/${encodeURIComponent(id)}`
}

export function timeOf(at: number, label = clock(at)): HTMLElement {
  return el('time', { datetime: isoTime(at), title: isoTime(at) }, label)
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

export function tokensOf({ spans }: Trace): { input: number; output: number } | null {
  // An agent's span repeats what its model calls used.
  const calls = spans.filter(({ kind, tokens }) => tokens && (kind === 'llm' || kind === 'embedding'))
  const counted = calls.length > 0 ? calls : spans.filter(({ tokens }) => tokens)
  if (counted.length === 0) return null
  const total = { input: 0, output: 0 }
  for (const { tokens } of counted) {
    total.input += tokens?.input ?? 0
    total.output += tokens?.output ?? 0
  }
  return total
}

const KINDS: SpanKind[] = ['agent', 'workflow', 'llm', 'tool', 'retrieval', 'embedding', 'task']

/** How many spans of each kind, without the kinds that there are none of. */
export function kindCounts({ spans }: Trace): [kind: SpanKind, amount: number][] {
  return KINDS.map((kind): [SpanKind, number] => [
    kind,
    spans.filter((span) => span.kind === kind).length,
  ]).filter(([, amount]) => amount > 0)
}

/** What the trace was asked: the input of its topmost span that has one. */
export function question({ spans }: Trace): string | null {
  return spans.find(({ kind, input }) => kind !== null && input)?.input?.replace(/^user: /, '') ?? null
}

export function errorCount({ spans }: Trace): number {
  return spans.filter(({ error }) => error !== null).length
}

export function isLlmTrace({ spans }: Trace): boolean {
  return spans.some(({ kind }) => kind !== null)
}

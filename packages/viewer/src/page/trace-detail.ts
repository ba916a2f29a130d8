import type { Trace } from '../telemetry.js'
import { el } from './dom.js'
import { count, duration, shortId } from './format.js'
import type { Model } from './model.js'
import {
  arrow,
  copyableId,
  externalLink,
  figures,
  isLlmTrace,
  sessionHref,
  timeOf,
  tokensOf,
} from './parts.js'
import { spanTree } from './span-tree.js'

const SOURCES = { otlp: 'OpenTelemetry', 'dd-trace': 'dd-trace' }

export function traceDetail(model: Model, id: string): HTMLElement {
  const trace = model.state.traces.find(({ traceId }) => traceId === id)
  if (!trace) return unknownTrace(id)
  const tokens = tokensOf(trace)
  return el(
    'article',
    { 'data-key': `trace ${id}`, class: 'detail' },
    el('p', { class: 'eyebrow' }, isLlmTrace(trace) ? 'LLM trace' : 'Trace'),
    el('h2', { tabindex: -1, class: 'title' }, trace.rootName || shortId(id)),
    el(
      'p',
      { class: 'under-title' },
      el('span', {}, 'started ', timeOf(trace.startedAt), `, ${SOURCES[trace.source]}`),
      copyableId(id, 'trace id'),
      model.datadog &&
        externalLink(
          `${model.datadog}/llm/traces?query=${encodeURIComponent(`trace_id:${id}`)}`,
          'Open in Datadog LLM Observability',
        ),
    ),
    isLlmTrace(trace) ? sessionLink(model, trace) : null,
    figures([
      ['Duration', duration(trace.durationMs)],
      ['Spans', trace.spans.length],
      ['Tokens in', tokens?.input.toLocaleString()],
      ['Tokens out', tokens?.output.toLocaleString()],
      [trace.services.length === 1 ? 'Service' : 'Services', trace.services.join(', ') || null],
    ]),
    el(
      'section',
      { 'aria-labelledby': 'spans-title' },
      el('div', { class: 'section-head' }, el('h3', { id: 'spans-title' }, 'Spans')),
      spanTree(model, trace),
    ),
  )
}

/** The way back: the RUM session of the trace, or what it takes to have one. */
function sessionLink(model: Model, { sessionIds }: Trace): HTMLElement {
  if (sessionIds.length === 0) {
    return el(
      'p',
      { class: 'note unjoined' },
      el('strong', {}, 'Not joined to a RUM session. '),
      'No span carries a session: RUM had none (sampled out, no consent, or not started yet), or its id did not reach the backend.',
    )
  }
  return el(
    'div',
    { class: 'session-links' },
    sessionIds.length > 1 &&
      el(
        'p',
        { class: 'note bad' },
        `Spans of this one trace carry ${sessionIds.length} different sessions.`,
      ),
    ...sessionIds.map((id) => sessionCard(model, id)),
  )
}

function sessionCard(model: Model, id: string): HTMLElement {
  const session = model.state.sessions.find((known) => known.id === id)
  return el(
    'a',
    { class: 'session-link', href: sessionHref(id), 'data-key': id },
    el('span', { class: 'event-kind' }, 'RUM session'),
    el('code', {}, id),
    el(
      'span',
      { class: 'faint' },
      session
        ? `${count(session.views.length, 'view')}, ${count(session.actions.length, 'action')}, ${count(session.traceIds.length, 'agent trace')}`
        : 'not reported by RUM yet',
    ),
    arrow('→'),
  )
}

function unknownTrace(id: string): HTMLElement {
  return el(
    'article',
    { 'data-key': `trace ${id}`, class: 'detail' },
    el('p', { class: 'eyebrow' }, 'LLM trace'),
    el('h2', { tabindex: -1, class: 'title' }, copyableId(id, 'trace id')),
    el(
      'p',
      { class: 'note' },
      'Nothing is known of this trace. It has not reported yet, or it was dropped to make room.',
    ),
  )
}

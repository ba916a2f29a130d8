import type { RumResource, Session, TraceSummary } from '../telemetry.js'
import { pathOf } from '../url-parts.js'
import { type Child, el } from './dom.js'
import { count, duration } from './format.js'
import type { Model } from './model.js'
import { arrow, timeOf, titleOf } from './parts.js'
import { traceHref } from './route.js'

interface Entry {
  at: number
  key: string
  row: HTMLElement
}

const OTHER_REQUESTS = 'other requests'

/** What the visitor did and what their page asked for, and the LLM traces of the session at their time. */
export function sessionTimeline(model: Model, session: Session, traces: TraceSummary[]): HTMLElement {
  const showsOthers = model.opened.has(OTHER_REQUESTS)
  const others = session.resources.filter((resource) => !isAppRequest(resource))
  const requests = showsOthers ? session.resources : session.resources.filter(isAppRequest)
  const entries: Entry[] = [
    ...session.views.map((view) => ({
      at: view.startedAt,
      key: `view ${view.id}`,
      row: row('view', view.name, el('span', { class: 'faint' }, view.url)),
    })),
    ...session.actions.map((action) => ({
      at: action.at,
      key: `action ${action.id}`,
      row: row('action', action.name || '(no name)', el('span', { class: 'faint' }, action.type)),
    })),
    ...requests.map((request) => ({
      at: request.at,
      key: `request ${request.id}`,
      row: requestRow(request),
    })),
    ...session.errors.map((error) => ({
      at: error.at,
      key: `error ${error.id}`,
      row: row('error', error.message),
    })),
    ...traces.map((trace) => ({ at: trace.startedAt, key: `trace ${trace.traceId}`, row: traceRow(trace) })),
  ]
  entries.sort((one, other) => one.at - other.at)
  return el(
    'section',
    { 'aria-labelledby': 'timeline-title' },
    el(
      'div',
      { class: 'section-head' },
      el('h3', { id: 'timeline-title' }, 'Timeline'),
      others.length > 0 &&
        el(
          'button',
          {
            type: 'button',
            class: 'quiet',
            'data-action': 'open',
            'data-value': OTHER_REQUESTS,
            'aria-pressed': String(showsOthers),
          },
          `${showsOthers ? 'Hide' : 'Show'} ${count(others.length, 'other request')}`,
        ),
    ),
    el(
      'ol',
      { class: 'timeline' },
      ...entries.map(({ at, key, row }) =>
        el('li', { 'data-key': key }, timeOf(at, `+${duration(Math.max(0, at - session.startedAt))}`), row),
      ),
    ),
  )
}

function row(kind: 'view' | 'action' | 'request' | 'error', title: string, ...more: Child[]): HTMLElement {
  return el(
    'div',
    { class: `event event-${kind}` },
    el('span', { class: 'event-kind' }, kind),
    el('span', { class: 'event-title' }, title),
    ...more,
  )
}

function requestRow({ method, url, status, durationMs }: RumResource): HTMLElement {
  const failed = status !== null && (status === 0 || status >= 400)
  return row(
    'request',
    `${method} ${pathOf(url)}`,
    status !== null && el('span', { class: failed ? 'bad' : 'faint' }, status === 0 ? 'failed' : status),
    el('span', { class: 'faint' }, duration(durationMs)),
  )
}

function traceRow(trace: TraceSummary): HTMLElement {
  const { answer, errors, error } = trace
  return el(
    'a',
    { class: 'event event-trace', href: traceHref(trace.traceId) },
    el('span', { class: 'event-kind' }, 'LLM trace'),
    el('span', { class: 'event-title' }, titleOf(trace)),
    answer && el('span', { class: 'answer-line' }, answer),
    errors > 0 && el('span', { class: 'bad answer-line' }, `${count(errors, 'error')}: ${error}`),
    el(
      'span',
      { class: 'item-facts' },
      el('span', {}, duration(trace.durationMs)),
      el('span', {}, count(trace.llmSpans, 'LLM span')),
      el('span', {}, trace.services.join(', ')),
    ),
    arrow('→'),
  )
}

/** The page's own calls; files, and what telemetry itself sends to this viewer, are the others. */
function isAppRequest({ type, url }: RumResource): boolean {
  return (type === 'fetch' || type === 'xhr') && !url.startsWith(`${location.origin}/`)
}

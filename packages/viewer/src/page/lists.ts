import type { Session, Trace } from '../telemetry.js'
import { el } from './dom.js'
import { ago, count, duration, shortId } from './format.js'
import { llmTraces, type Model, tracesOf } from './model.js'
import { errorCount, kindBadge, kindCounts, question, sessionHref, timeOf, traceHref } from './parts.js'

export function sessionList(model: Model): HTMLElement {
  const { sessions } = model.state
  return el(
    'section',
    { class: 'list', 'data-key': 'sessions', 'aria-labelledby': 'sessions-title' },
    el('h2', { id: 'sessions-title' }, 'RUM sessions ', el('span', { class: 'amount' }, sessions.length)),
    sessions.length === 0
      ? el('p', { class: 'nothing' }, 'No browser has reported yet.')
      : el('ul', {}, ...sessions.map((session) => sessionItem(model, session))),
  )
}

function sessionItem(model: Model, session: Session): HTMLElement {
  const traces = tracesOf(model, session).length
  return el(
    'li',
    { 'data-key': session.id },
    el(
      'a',
      {
        class: 'item',
        href: sessionHref(session.id),
        'aria-current': isCurrent(model, 'session', session.id),
      },
      el(
        'span',
        { class: 'item-top' },
        el('code', { class: 'item-title' }, shortId(session.id)),
        timeOf(session.lastSeenAt, ago(session.lastSeenAt, model.now)),
      ),
      el(
        'span',
        { class: 'item-facts' },
        el('span', {}, count(session.views.length, 'view')),
        el('span', {}, count(session.actions.length, 'action')),
        session.errors.length > 0 && el('span', { class: 'bad' }, count(session.errors.length, 'error')),
        el('span', { class: traces > 0 ? 'joined' : 'faint' }, count(traces, 'agent trace')),
      ),
    ),
  )
}

const FILTERS = [
  ['all', 'All'],
  ['joined', 'Joined'],
  ['unjoined', 'Not joined'],
] as const

export function traceList(model: Model): HTMLElement {
  const all = llmTraces(model)
  const shown = all.filter(
    ({ sessionId }) =>
      model.traceFilter === 'all' || (sessionId !== null) === (model.traceFilter === 'joined'),
  )
  return el(
    'section',
    { class: 'list', 'data-key': 'traces', 'aria-labelledby': 'traces-title' },
    el('h2', { id: 'traces-title' }, 'LLM traces ', el('span', { class: 'amount' }, all.length)),
    all.length > 0 &&
      el(
        'div',
        { class: 'filters', role: 'group', 'aria-label': 'Which LLM traces' },
        ...FILTERS.map(([value, label]) =>
          el(
            'button',
            {
              type: 'button',
              'data-action': 'filter',
              'data-value': value,
              'aria-pressed': String(model.traceFilter === value),
            },
            label,
          ),
        ),
      ),
    shown.length === 0
      ? el('p', { class: 'nothing' }, all.length === 0 ? 'No agent has reported yet.' : 'None of this kind.')
      : el('ul', {}, ...shown.map((trace) => traceItem(model, trace))),
  )
}

function traceItem(model: Model, trace: Trace): HTMLElement {
  return el(
    'li',
    { 'data-key': trace.traceId },
    el(
      'a',
      {
        class: 'item',
        href: traceHref(trace.traceId),
        'aria-current': isCurrent(model, 'trace', trace.traceId),
      },
      el(
        'span',
        { class: 'item-top' },
        el('span', { class: 'item-title' }, trace.rootName || shortId(trace.traceId)),
        timeOf(trace.startedAt, ago(trace.startedAt, model.now)),
      ),
      el('span', { class: 'question' }, question(trace)),
      el(
        'span',
        { class: 'item-facts' },
        ...kindCounts(trace).map(([kind, amount]) => el('span', {}, kindBadge(kind), ` ${amount}`)),
      ),
      el(
        'span',
        { class: 'item-facts' },
        sessionMark(trace),
        el('span', {}, duration(trace.durationMs)),
        errorCount(trace) > 0 && el('span', { class: 'bad' }, count(errorCount(trace), 'error')),
      ),
    ),
  )
}

/** Which session a trace is filed under; more than one is a fault that must not go unseen. */
function sessionMark({ sessionIds }: Trace): HTMLElement {
  const [first, ...others] = sessionIds
  if (first === undefined) return el('span', { class: 'mark unjoined' }, 'not joined')
  if (others.length > 0) return el('span', { class: 'mark mixed' }, count(sessionIds.length, 'session'))
  return el('span', { class: 'mark joined' }, 'session ', el('code', {}, shortId(first)))
}

function isCurrent({ route }: Model, page: 'session' | 'trace', id: string): string | null {
  return route.page === page && 'id' in route && route.id === id ? 'page' : null
}

import type { SessionSummary, TraceSummary } from '../telemetry.js'
import { type Child, el } from './dom.js'
import { ago, count, duration, shortId } from './format.js'
import type { Model } from './model.js'
import { sessionMark, timeOf, titleOf } from './parts.js'
import { sessionHref, traceHref } from './route.js'
import { rows } from './rows.js'
import { listed } from './search.js'

/** The two lists, to stand in place of `#sessions` and `#traces`. */
export function lists(model: Model): { sessions: HTMLElement; traces: HTMLElement } {
  const { sessions, traces, llmTraces } = stillUnderPointer(model, listed(model))
  return {
    sessions: el(
      'section',
      {},
      heading('sessions', 'Sessions', sessions.length, model.sessions.size),
      sessions.length === 0
        ? el('p', { class: 'nothing' }, model.sessions.size === 0 ? 'None yet.' : 'None found.')
        : rows(document.querySelector('#sessions .rows'), sessions, (session) => sessionRow(model, session)),
    ),
    traces: el(
      'section',
      {},
      heading('traces', 'LLM traces', traces.length, llmTraces),
      llmTraces > 0 && filters(model),
      traces.length === 0
        ? el('p', { class: 'nothing' }, llmTraces === 0 ? 'None yet.' : 'None found.')
        : rows(document.querySelector('#traces .rows'), traces, (trace) => traceRow(model, trace)),
    ),
  }
}

let shown: { of: string; sessions: string[]; traces: string[] } | undefined

/** Rows that arrive must not push away those that someone points at, so they wait until the pointer has left. */
function stillUnderPointer(model: Model, all: ReturnType<typeof listed>): ReturnType<typeof listed> {
  const of = `${model.traceFilter} ${model.query}`
  if (shown?.of === of && document.querySelector('.rows:hover')) {
    const { sessions, traces } = shown
    return {
      ...all,
      sessions: sessions.flatMap((id) => model.sessions.get(id) ?? []),
      traces: traces.flatMap((id) => model.traces.get(id) ?? []),
    }
  }
  shown = {
    of,
    sessions: all.sessions.map(({ id }) => id),
    traces: all.traces.map(({ traceId }) => traceId),
  }
  return all
}

function heading(id: string, name: string, shown: number, all: number): HTMLElement {
  const amount = shown === all ? all.toLocaleString() : `${shown.toLocaleString()} of ${all.toLocaleString()}`
  return el('h2', { id: `${id}-title` }, `${name} `, el('span', { class: 'amount' }, amount))
}

const FILTERS = [
  ['all', 'All'],
  ['joined', 'Joined'],
  ['unjoined', 'Not joined'],
  ['failed', 'With errors'],
] as const

function filters({ traceFilter }: Model): HTMLElement {
  return el(
    'div',
    { class: 'filters', role: 'group', 'aria-label': 'Which LLM traces' },
    ...FILTERS.map(([value, label]) =>
      el(
        'button',
        {
          type: 'button',
          'data-action': 'filter',
          'data-value': value,
          'aria-pressed': String(traceFilter === value),
        },
        label,
      ),
    ),
  )
}

function sessionRow(model: Model, session: SessionSummary): HTMLElement {
  const { id, views, actions, errors, traceIds } = session
  const traces = traceIds.filter((traceId) => model.traces.get(traceId)?.llmSpans).length
  return row(
    model,
    { id, page: 'session', href: sessionHref(id), at: session.lastSeenAt },
    el('code', {}, shortId(id)),
    session.isReportedByRum
      ? [el('span', {}, count(views, 'view')), el('span', {}, count(actions, 'action'))]
      : [el('span', { class: 'warn' }, 'not reported by RUM yet')],
    errors > 0 && el('span', { class: 'bad' }, count(errors, 'error')),
    el('span', { class: traces > 0 ? 'good' : '' }, count(traces, 'trace')),
  )
}

function traceRow(model: Model, trace: TraceSummary): HTMLElement {
  const { traceId, durationMs, errors, startedAt } = trace
  return row(
    model,
    { id: traceId, page: 'trace', href: traceHref(traceId), at: startedAt },
    titleOf(trace),
    [sessionMark(trace)],
    errors > 0 && el('span', { class: 'bad' }, count(errors, 'error')),
    el('span', {}, duration(durationMs)),
    el('span', {}, count(trace.llmSpans, 'LLM span')),
  )
}

function row(
  { route, now }: Model,
  { id, page, href, at }: { id: string; page: 'session' | 'trace'; href: string; at: number },
  title: Child,
  ...facts: (Child | HTMLElement[])[]
): HTMLElement {
  const isCurrent = route.page === page && route.id === id
  return el(
    'li',
    { 'data-key': id, class: 'row' },
    el(
      'a',
      { class: 'item', href, 'aria-current': isCurrent ? 'page' : null },
      el('span', { class: 'item-top' }, el('span', { class: 'item-title' }, title), timeOf(at, ago(at, now))),
      el('span', { class: 'item-facts' }, ...facts.flat()),
    ),
  )
}

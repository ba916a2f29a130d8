import { el } from './dom.js'
import { ago, duration } from './format.js'
import { type Model, tracesOf } from './model.js'
import { copyableId, externalLink, figures } from './parts.js'
import { sessionTimeline } from './session-timeline.js'

export function sessionDetail(model: Model, id: string): HTMLElement {
  const session = model.state.sessions.find((known) => known.id === id)
  if (!session) return unknownSession(model, id)
  const traces = tracesOf(model, session)
  return el(
    'article',
    { 'data-key': `session ${id}`, class: 'detail' },
    el('p', { class: 'eyebrow' }, 'RUM session'),
    el('h2', { tabindex: -1, class: 'title' }, copyableId(id, 'session id')),
    el(
      'p',
      { class: 'under-title' },
      `${duration(session.lastSeenAt - session.startedAt)} long, last seen ${ago(session.lastSeenAt, model.now)}`,
      model.datadog &&
        externalLink(`${model.datadog}/rum/sessions?query=${query(id)}`, 'Open in Datadog RUM'),
    ),
    figures([
      ['Views', session.views.length],
      ['Actions', session.actions.length],
      ['Requests', session.resources.length],
      ['Errors', session.errors.length, session.errors.length > 0 ? 'bad' : ''],
      ['Agent traces', traces.length, traces.length > 0 ? 'joined' : ''],
    ]),
    sessionTimeline(model, session, traces),
  )
}

function query(id: string): string {
  return encodeURIComponent(`@type:session @session.id:${id}`)
}

function unknownSession(model: Model, id: string): HTMLElement {
  const named = model.state.traces.some(({ sessionIds }) => sessionIds.includes(id))
  return el(
    'article',
    { 'data-key': `session ${id}`, class: 'detail' },
    el('p', { class: 'eyebrow' }, 'RUM session'),
    el('h2', { tabindex: -1, class: 'title' }, copyableId(id, 'session id')),
    el(
      'p',
      { class: 'note' },
      named
        ? 'LLM traces name this session, but RUM has not reported it here. RUM sends its events every 30 seconds and when the page is hidden; it may also report elsewhere.'
        : 'Nothing is known of this session. It has not reported yet, or it was dropped to make room.',
    ),
  )
}

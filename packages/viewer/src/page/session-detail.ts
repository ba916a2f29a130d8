import { el } from './dom.js'
import { ago, duration } from './format.js'
import { type Model, tracesOf } from './model.js'
import { copyableId, externalLink, figures, reasonNote } from './parts.js'
import { sessionTimeline } from './session-timeline.js'

export function sessionDetail(model: Model, id: string): HTMLElement {
  const { session } = model
  const traces = session ? tracesOf(model, session) : []
  return el(
    'article',
    { 'data-key': `session ${id}`, class: 'detail' },
    el('p', { class: 'eyebrow' }, session?.isReportedByRum ? 'RUM session' : 'Session'),
    el('h2', { tabindex: -1, class: 'title' }, copyableId(id, 'session id')),
    ...(session
      ? [
          el(
            'p',
            { class: 'under-title' },
            `${duration(session.lastSeenAt - session.startedAt)} long, last seen ${ago(session.lastSeenAt, model.now)}`,
            model.datadog &&
              externalLink(`${model.datadog}/rum/sessions?query=${query(id)}`, 'Open in Datadog RUM'),
          ),
          session.isReportedByRum
            ? null
            : el('p', { class: 'unjoined-title' }, el('strong', {}, 'Not reported by RUM yet.')),
          session.reason ? reasonNote(session.reason) : null,
          figures([
            ...(session.isReportedByRum
              ? ([
                  ['Views', session.views.length],
                  ['Actions', session.actions.length],
                  ['Requests', session.resources.length],
                  ['Errors', session.errors.length, session.errors.length > 0 ? 'bad' : ''],
                ] as [string, number, string?][])
              : []),
            ['LLM traces', traces.length, traces.length > 0 ? 'joined' : ''],
          ]),
          sessionTimeline(model, session, traces),
        ]
      : [
          el(
            'p',
            { class: 'note' },
            session === null
              ? 'Nothing is known of this session. It has not reported yet, or it was dropped to make room.'
              : 'Reading…',
          ),
        ]),
  )
}

function query(id: string): string {
  return encodeURIComponent(`@type:session @session.id:${id}`)
}

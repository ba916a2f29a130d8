import type { Reason, SessionSource, Trace } from '../telemetry.js'
import { type Child, el } from './dom.js'
import { count } from './format.js'
import type { Model } from './model.js'
import { arrow, reasonNote } from './parts.js'
import { sessionHref } from './route.js'

/** The way back: the session of the trace and how it got there, and what is missing where one is. */
export function traceJoin(model: Model, trace: Trace): HTMLElement {
  const { sessionIds } = trace
  return el(
    'section',
    { class: 'join', 'data-key': 'join', 'aria-label': 'How it is joined' },
    sessionIds.length > 1 &&
      el(
        'p',
        { class: 'note bad' },
        `Spans of this one trace carry ${sessionIds.length} different sessions.`,
      ),
    ...sessionIds.map((id) => sessionCard(model, trace, id)),
    sessionIds.length === 0 &&
      el(
        'p',
        { class: 'unjoined-title' },
        el('strong', {}, 'Not joined: '),
        'no LLM span carries a session.',
      ),
    ...reasons(trace),
  )
}

function sessionCard(model: Model, trace: Trace, id: string): HTMLElement {
  const session = model.sessions.get(id)
  return el(
    'a',
    { class: 'session-link', href: sessionHref(id), 'data-key': id },
    el('span', { class: 'event-kind' }, session?.isReportedByRum ? 'RUM session' : 'Session'),
    el('code', {}, id),
    el(
      'span',
      { class: session?.isReportedByRum ? 'faint' : 'warn' },
      session?.isReportedByRum
        ? [
            count(session.views, 'view'),
            count(session.actions, 'action'),
            count(session.traceIds.length, 'trace'),
          ].join(', ')
        : 'not reported by RUM yet',
    ),
    el('span', { class: 'how' }, ...howJoined(trace, id)),
    arrow('→'),
  )
}

/** `gen_ai.conversation.id on 12 of 19 spans, from baggage: session.id=…`. */
function howJoined({ spans, sessionId }: Trace, id: string): Child[] {
  const carriers = spans.filter((span) => span.sessionId === id)
  const sources = new Map<SessionSource, number>()
  for (const { sessionFrom } of carriers) {
    if (sessionFrom) sources.set(sessionFrom, (sources.get(sessionFrom) ?? 0) + 1)
  }
  const [...named] = sources
  // What the packages write beside the session's attribute: the entry of the request's baggage.
  const isFromBaggage =
    carriers.some(({ attributes }) => attributes['session.id'] === id) ||
    (id === sessionId && carriers.some(({ sessionFrom }) => sessionFrom === 'session_id'))
  return [
    ...named.flatMap(([source, amount], index): Child[] => [
      index > 0 && ', ',
      el('code', {}, source),
      ` on ${amount} of ${count(spans.length, 'span')}`,
    ]),
    ...(isFromBaggage ? [', from ', el('code', {}, `baggage: session.id=${id}`)] : []),
  ]
}

/** Each reason once, with how many spans have it. */
function reasons({ spans, reason }: Trace): HTMLElement[] {
  const found = new Map<string, { reason: Reason; spans: string[] }>()
  if (reason) found.set(reason.code, { reason, spans: [] })
  for (const { reason, name } of spans) {
    if (!reason) continue
    const known = found.get(reason.code) ?? { reason, spans: [] }
    known.spans.push(name)
    found.set(reason.code, known)
  }
  return [...found.values()].map(({ reason, spans }) =>
    reasonNote(
      reason,
      spans.length > 0 && el('p', { class: 'faint' }, `${count(spans.length, 'span')}: ${names(spans)}`),
    ),
  )
}

function names(spans: string[]): string {
  const distinct = [...new Set(spans)]
  return distinct.slice(0, 4).join(', ') + (distinct.length > 4 ? ', …' : '')
}

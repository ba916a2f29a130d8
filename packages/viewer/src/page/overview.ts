import { pasteLines } from '../paste-lines.js'
import type { Reason, TraceSummary } from '../telemetry.js'
import { el } from './dom.js'
import { count } from './format.js'
import type { Model } from './model.js'
import { figures, reasonNote, titleOf } from './parts.js'
import { traceHref } from './route.js'

export function overview(model: Model): HTMLElement {
  return model.sessions.size === 0 && model.traces.size === 0 ? emptyState(model) : summary(model)
}

function summary(model: Model): HTMLElement {
  const traces = [...model.traces.values()].filter(({ llmSpans }) => llmSpans > 0)
  const sum = (what: 'llmSpans' | 'joinedSpans') => traces.reduce((total, trace) => total + trace[what], 0)
  const joined = traces.filter(({ sessionId }) => sessionId !== null).length
  const unreported = [...model.sessions.values()].filter(({ isReportedByRum }) => !isReportedByRum).length
  return el(
    'article',
    { 'data-key': 'overview', class: 'detail' },
    el(
      'h2',
      { tabindex: -1, class: 'title' },
      `${joined.toLocaleString()} of ${count(traces.length, 'LLM trace')} joined to a session`,
    ),
    figures([
      ['Sessions', model.sessions.size.toLocaleString()],
      ['Not reported by RUM yet', unreported || null, 'unjoined'],
      ['LLM traces', traces.length.toLocaleString()],
      ['Joined', joined.toLocaleString(), 'joined'],
      ['Not joined', (traces.length - joined).toLocaleString(), traces.length > joined ? 'unjoined' : ''],
      ['LLM spans joined', `${sum('joinedSpans').toLocaleString()} of ${sum('llmSpans').toLocaleString()}`],
    ]),
    el(
      'p',
      {},
      'Choose a session to see what the visitor did and which LLM traces it led to, or a trace to see what the agent did and whose session it belongs to.',
    ),
    reasons(traces),
  )
}

/** Why traces are not joined, or not as they should be: each reason once, the most frequent first. */
function reasons(traces: TraceSummary[]): HTMLElement | null {
  const byCode = new Map<string, TraceSummary[]>()
  for (const trace of traces) {
    if (trace.reason) byCode.set(trace.reason.code, [...(byCode.get(trace.reason.code) ?? []), trace])
  }
  if (byCode.size === 0) return null
  const groups = [...byCode.values()].sort((one, other) => other.length - one.length)
  return el(
    'section',
    { class: 'join', 'data-key': 'reasons', 'aria-labelledby': 'reasons-title' },
    el('div', { class: 'section-head' }, el('h3', { id: 'reasons-title' }, 'What is missing')),
    ...groups.map((group) => {
      const newest = group.reduce((one, other) => (other.startedAt > one.startedAt ? other : one))
      return reasonNote(
        newest.reason as Reason,
        el(
          'p',
          {},
          `${count(group.length, 'trace')}, the newest: `,
          el('a', { href: traceHref(newest.traceId) }, titleOf(newest)),
        ),
      )
    }),
  )
}

function emptyState(model: Model): HTMLElement {
  return el(
    'article',
    { 'data-key': 'empty', class: 'detail' },
    el('h2', { tabindex: -1, class: 'title' }, model.readAt === 0 ? 'Reading…' : 'Waiting for telemetry'),
    el(
      'p',
      {},
      'This page shows RUM sessions and LLM traces as they arrive, and how they belong together. Ask the demo a question, or point your own application here:',
    ),
    el(
      'dl',
      { class: 'setup' },
      ...pasteLines(location.origin).flatMap(([name, line]) => [
        el('dt', {}, name),
        el('dd', {}, el('code', {}, line)),
      ]),
    ),
  )
}

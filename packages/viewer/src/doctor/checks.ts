import type { Reason, Span, Trace } from '../telemetry.js'
import { hasLlmSpan, type ProbeAnswer, shows } from './probe.js'

/** One line of the doctor's table. */
export interface Row {
  check: string
  result: 'ok' | 'fail' | 'note'
  found: string
  mend: string
}

const NO_SPANS = {
  found: 'no LLM Observability span came',
  mend: 'Check that the endpoint calls a model or an agent that is instrumented, and that the exporter reads OTEL_EXPORTER_OTLP_ENDPOINT, or dd-trace DD_TRACE_AGENT_URL.',
}

/** Holds the spans of the request with a session against that session. */
export function checkRequest(
  probe: ProbeAnswer,
  traces: readonly Trace[],
  notices: readonly Reason[],
): Row[] {
  const spans = llmSpans(traces)
  return [
    answerRow('request with a session', probe),
    ...notices.map(({ code, found, mend }): Row => {
      return { check: code, result: spans.length === 0 ? 'fail' : 'note', found, mend }
    }),
    ...spanRows(probe, spans, notices),
  ]
}

function spanRows({ sessionId }: ProbeAnswer, spans: readonly Span[], notices: readonly Reason[]): Row[] {
  const check = 'session on LLM spans'
  if (spans.length === 0) {
    return notices.length > 0 ? [] : [{ check, result: 'fail', ...NO_SPANS }]
  }
  const joined = spans.filter((span) => span.sessionId === sessionId)
  const marked = joined.filter(({ sessionFrom }) => sessionFrom === 'tag session_id').length
  const from = [...new Set(joined.map(({ sessionFrom }) => sessionFrom))].join(', ')
  const beside =
    marked > 0 ? `; ${marked} have a conversation id of their own, and the session in session_id` : ''
  const found = `${joined.length} of ${spans.length} carry it${from && ` in ${from}`}${beside}`
  const row: Row = { check, result: joined.length === spans.length ? 'ok' : 'fail', found, mend: '' }
  return [row, ...reasonRows(spans.filter((span) => span.sessionId !== sessionId))]
}

/** One line for each reason, with the spans that it stands for. */
function reasonRows(spans: readonly Span[]): Row[] {
  const byReason = new Map<string, { reason: Reason; names: Set<string>; count: number }>()
  for (const { reason, name } of spans) {
    if (!reason) continue
    const known = byReason.get(reason.code) ?? { reason, names: new Set(), count: 0 }
    known.names.add(name)
    known.count++
    byReason.set(reason.code, known)
  }
  return [...byReason.values()].map(({ reason: { code, found, mend }, names, count }) => ({
    check: code,
    result: 'fail',
    found: `${found} (${count} ${count === 1 ? 'span' : 'spans'}: ${[...names].slice(0, 3).join(', ')})`,
    mend,
  }))
}

/**
 * The request without a session must not get that of the request before it. The application's conversation ids are fine,
 * and so is one that both requests have.
 *
 * @param traces of this request
 * @param others of the request with a session
 */
export function checkWithoutSession(
  probe: ProbeAnswer,
  traces: readonly Trace[],
  joined: ProbeAnswer,
  others: readonly Trace[],
): Row {
  const check = 'request without a session'
  const { result, found, mend } = answerRow(check, probe)
  if (result === 'fail') return { check, result, found, mend }
  const known = new Set(others.map(({ traceId }) => traceId))
  const own = traces.filter(({ traceId }) => !known.has(traceId))
  const kept = new Set(
    llmSpans(others)
      .filter((span) => !isConversation(span))
      .map(({ sessionId }) => sessionId),
  )
  const isWrong = (span: Span) =>
    shows(span, joined.sessionId) || (span.sessionId !== null && kept.has(span.sessionId))
  const spans = own.flatMap((trace) => trace.spans)
  const wrong = spans.filter(isWrong)
  if (wrong.length > 0) {
    return {
      check,
      result: 'fail',
      found: `${wrong.length} of ${spans.length} spans carry the session of the request before: ${wrong[0]?.name}`,
      mend: 'Look for a session that is kept beside the request: a global, a cache, a context of another request.',
    }
  }
  const llm = llmSpans(own)
  if (llm.length === 0) return { check, result: 'fail', ...NO_SPANS }
  const marked = llm.filter(({ sessionId }) => sessionId !== null).length
  return {
    check,
    result: 'ok',
    found: `none of ${llm.length} LLM spans carries the session of the request before${marked > 0 ? `; ${marked} have a conversation id of their own` : ''}`,
    mend: '',
  }
}

/** What began while the request was served and is not known to be of it: other traffic, or work that lost its context. */
export function noteOthers(probe: ProbeAnswer, own: readonly Trace[], traces: readonly Trace[]): Row[] {
  const known = new Set(own.map(({ traceId }) => traceId))
  const others = traces.filter(
    (trace) =>
      !known.has(trace.traceId) &&
      probe.isMeanwhile(trace) &&
      hasLlmSpan(trace) &&
      !trace.spans.some((span) => shows(span, probe.sessionId)),
  )
  if (others.length === 0) return []
  const names = [...new Set(others.map(({ rootName }) => rootName))].slice(0, 3).join(', ')
  return [
    {
      check: 'other LLM traces',
      result: 'note',
      found: `${others.length} began meanwhile without the session: ${names}`,
      mend: 'Work of this request among them has lost its context: a timer, a queue, a thread.',
    },
  ]
}

/** An id that the application makes up for itself is a conversation, and nobody's session. */
function isConversation({ sessionId, sessionFrom, attributes }: Span): boolean {
  return sessionFrom === 'gen_ai.conversation.id' && attributes['session.id'] !== sessionId
}

function answerRow(check: string, { status, location, failure, unreadyMs }: ProbeAnswer): Row {
  const before = unreadyMs > 0 ? ` after 502, 503 or 504 for ${Math.ceil(unreadyMs / 1000)} s` : ''
  if (failure === null && status !== null && status < 300) {
    return { check, result: 'ok', found: `answered ${status}${before}`, mend: '' }
  }
  if (failure !== null) {
    return {
      check,
      result: 'fail',
      found: failure,
      mend: 'No whole answer came: look into the backend’s log.',
    }
  }
  const isRedirect = status !== null && status < 400 && location !== null
  return {
    check,
    result: 'fail',
    found: `answered ${status}${before}${isRedirect ? `, which sends on to ${location}` : ''}`,
    mend: isRedirect
      ? 'Name that URL with --url: the doctor sends a session nowhere else.'
      : 'Name what the endpoint needs with --method, --body and --header.',
  }
}

function llmSpans(traces: readonly Trace[]): Span[] {
  return traces.flatMap(({ spans }) => spans).filter(({ kind }) => kind !== null)
}

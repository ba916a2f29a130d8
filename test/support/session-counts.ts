import type { IncomingHttpHeaders } from 'node:http'
import { sessionsOfTrace } from '../../packages/viewer/src/session-mapping.js'
import type { Span } from '../../packages/viewer/src/telemetry.js'

export interface ExportedSpan {
  traceId: string
  span: Pick<Span, 'spanId' | 'parentSpanId' | 'kind' | 'sessionId' | 'attributes'>
}

export interface SetupCounts {
  /** LLM Observability spans of requests with a session. */
  spans: number
  /** Those that are shown under the session of their request. */
  joined: number
  /** Spans with another session than that of their request, which may be none. */
  wrong: number
  /** What is in the headers that the vendor got: names of baggage entries. */
  vendor: string
  leaked: boolean
}

/** Compares each span with the session that the app expects for it, or else for its trace. */
export function countSpans(
  received: readonly ExportedSpan[],
): Pick<SetupCounts, 'spans' | 'joined' | 'wrong'> {
  const traces = new Map<string, ExportedSpan['span'][]>()
  for (const { traceId, span } of received) traces.set(traceId, [...(traces.get(traceId) ?? []), span])
  const counts = { spans: 0, joined: 0, wrong: 0 }
  for (const spans of traces.values()) {
    const ofTrace = spans.find(({ attributes }) => attributes.expected !== undefined)?.attributes.expected
    if (ofTrace === undefined) continue
    const sessions = sessionsOfTrace(spans)
    for (const { kind, sessionId, spanId, attributes } of spans) {
      if (kind === null) continue
      const expected = attributes.expected ?? ofTrace
      const shown = sessionId ?? sessions.get(spanId)
      const found = [shown, attributes['session.id'], attributes.session_id].filter(Boolean)
      if (expected !== 'none') counts.spans++
      if (shown === expected) counts.joined++
      if (found.some((session) => session !== expected)) counts.wrong++
    }
  }
  return counts
}

/** `personal` are texts that no vendor may get, in whichever header. */
export function whatVendorGot(
  received: readonly IncomingHttpHeaders[],
  personal: readonly string[],
): Pick<SetupCounts, 'vendor' | 'leaked'> {
  const keys = new Set<string>()
  let leaked = false
  for (const headers of received) {
    for (const member of String(headers.baggage ?? '').split(','))
      keys.add(member.split('=')[0]?.trim() ?? '')
    const text = JSON.stringify(headers)
    leaked ||= personal.some((each) => text.includes(each))
  }
  keys.delete('')
  const entries = [...keys].toSorted().join(', ') || 'no baggage'
  return { vendor: leaked ? `LEAKED: ${entries}` : entries, leaked }
}

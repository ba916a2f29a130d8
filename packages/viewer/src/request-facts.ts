import type { ApmSpan } from './apm-spans.js'
import { boundedSessionId, cutText } from './bounds.js'

/** What is known of requests from elsewhere than the trace that answers them, by the last 64 bits of the trace id. */
export class RequestFacts {
  private readonly sessions = new Map<string, SentSession>()
  private readonly apm = new Map<string, Map<string, ApmSpan>>()

  addSession(requestId: string, session: SentSession): void {
    keep(this.sessions, requestId, session)
  }

  addApmSpan(span: ApmSpan): void {
    const spans = this.apm.get(span.requestId) ?? new Map<string, ApmSpan>()
    if (spans.size < MAX_SPANS) spans.set(span.spanId, boundedApmSpan(span))
    keep(this.apm, span.requestId, spans)
  }

  /** The session that the request is known to have been sent with, whatever the spans say. */
  sessionOf(requestId: string): SentSession | undefined {
    return this.sessions.get(requestId)
  }

  apmSpansOf(requestId: string): ApmSpan[] {
    return [...(this.apm.get(requestId)?.values() ?? [])]
  }

  clear(): void {
    this.sessions.clear()
    this.apm.clear()
  }
}

export interface SentSession {
  id: string
  /** Who knows it. */
  by: 'RUM' | 'doctor'
}

/** The last 64 bits of a trace id in hexadecimal digits, or in decimal digits as Datadog's tracers write them. */
export function requestIdOf(traceId: string): string {
  const isDecimal = /^\d{1,20}$/.test(traceId) && traceId.length !== 16
  return isDecimal
    ? BigInt(traceId).toString(16).padStart(16, '0').slice(-16)
    : cutText(traceId.slice(-16), 16)
}

const MAX_REQUESTS = 5_000
const MAX_SPANS = 20
const MAX_TEXT = 100

function boundedApmSpan(span: ApmSpan): ApmSpan {
  const cut = Object.entries(span).map(([key, value]) => [key, value && cutText(value, MAX_TEXT)])
  return {
    ...Object.fromEntries(cut),
    sessionId: span.sessionId && boundedSessionId(span.sessionId),
  } as ApmSpan
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > MAX_REQUESTS) map.delete(map.keys().next().value as string)
}

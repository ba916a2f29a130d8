import { ancestors } from './ancestors.js'
import { LLMOBS_SWITCH } from './otlp-spans.js'
import { TraceEvidence } from './reasons/evidence.js'
import { spanReason } from './reasons/span-reasons.js'
import { type RequestFacts, requestIdOf } from './request-facts.js'
import { foundUnder, sessionsOfTrace } from './session-mapping.js'
import type { Span, Trace, TraceSource } from './telemetry.js'

/** The spans received for one trace id, in any order and from both sources; what they amount to is worked out here. */
export class StoredTrace {
  private readonly spans = new Map<string, { span: Span; source: TraceSource; size: number }>()
  private assembled: Trace | undefined
  /** Of the requests that the spans belong to. */
  readonly requestIds: Set<string>
  /** How many characters the id and the JSON of the spans take. */
  size: number
  /** Of the store, when this last changed. */
  revision = 0
  /** Also true of a trace that switched LLM Observability off: eviction need not know. */
  hasLlmSpan = false

  constructor(
    readonly traceId: string,
    private readonly maxSpans: number,
    private readonly facts: RequestFacts,
  ) {
    this.size = traceId.length
    this.requestIds = new Set([requestIdOf(traceId)])
  }

  /** False when the trace is full. A span that comes again replaces itself. */
  add(span: Span, source: TraceSource): boolean {
    const known = this.spans.get(span.spanId)
    if (!known && this.spans.size >= this.maxSpans) return false
    const size = JSON.stringify(span).length
    if (span.apmTraceId && this.requestIds.size <= this.maxSpans) {
      this.requestIds.add(requestIdOf(span.apmTraceId))
    }
    this.hasLlmSpan ||= span.kind !== null
    this.size += size - (known?.size ?? 0)
    this.spans.set(span.spanId, { span, source, size })
    this.assembled = undefined
    return true
  }

  /** To be called when something else about its requests has become known. */
  reassemble(): void {
    this.assembled = undefined
  }

  snapshot(): Trace {
    this.assembled ??= this.assemble()
    return this.assembled
  }

  private assemble(): Trace {
    const stored = [...this.spans.values()]
    const bySource = (wanted: TraceSource) =>
      stored.filter(({ source }) => source === wanted).map(({ span }) => span)
    const received = depthOrder([...withSessions(bySource('otlp')), ...bySource('dd-trace')])
    const evidence = new TraceEvidence(this.traceId, received, this.facts)
    const topFirst = received.map((span) => withReason(span, evidence))
    const reason = topFirst.find((span) => span.reason)?.reason
    // Parents stay before children that started in the same instant: sort is stable.
    const spans = [...topFirst].sort((one, other) => one.startedAt - other.startedAt)
    const startedAt = Math.min(...spans.map((span) => span.startedAt))
    const endedAt = Math.max(...spans.map((span) => span.startedAt + span.durationMs))
    const sessionIds = topFirst.flatMap(({ sessionId }) => sessionId ?? [])
    return {
      traceId: this.traceId,
      source: stored.some(({ source }) => source === 'dd-trace') ? 'dd-trace' : 'otlp',
      sessionId: sessionIds[0] ?? null,
      sessionIds: [...new Set(sessionIds)],
      ...(reason && { reason }),
      startedAt,
      durationMs: endedAt - startedAt,
      services: [...new Set(spans.map(({ service }) => service).filter(Boolean))],
      rootName: (topFirst.find(({ kind }) => kind !== null) ?? topFirst[0])?.name ?? '',
      spans,
    }
  }
}

function withReason(span: Span, evidence: TraceEvidence): Span {
  const reason = span.kind === null ? undefined : spanReason(evidence.of(span))
  return reason ? { ...span, reason } : span
}

function withSessions(spans: Span[]): Span[] {
  const isSwitchedOff = spans.some(({ attributes }) =>
    ['false', false].includes(attributes[LLMOBS_SWITCH] as boolean),
  )
  if (isSwitchedOff) return spans.map((span) => ({ ...span, kind: null }))
  const sessions = sessionsOfTrace(spans)
  return spans.map((span) => ({ ...span, ...foundUnder(span, sessions.get(span.spanId)) }))
}

/** Spans near the root first, those of one depth by time. A span whose parent is unknown counts as a root. */
function depthOrder(spans: Span[]): Span[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const depths = new Map(spans.map((span) => [span.spanId, [...ancestors(span, byId)].length]))
  return [...spans].sort(
    (one, other) =>
      (depths.get(one.spanId) ?? 0) - (depths.get(other.spanId) ?? 0) || one.startedAt - other.startedAt,
  )
}

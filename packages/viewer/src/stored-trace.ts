import { LLMOBS_SWITCH } from './otlp-spans.js'
import { sessionsOfTrace } from './session-mapping.js'
import type { Span, Trace, TraceSource } from './telemetry.js'

/** The spans received for one trace id, in any order and from both sources; what they amount to is worked out here. */
export class StoredTrace {
  private readonly spans = new Map<string, { span: Span; source: TraceSource; size: number }>()
  private assembled: Trace | undefined
  /** How many characters of JSON the spans take. */
  size = 0

  constructor(
    readonly traceId: string,
    private readonly maxSpans: number,
  ) {}

  /** False when the trace is full. A span that comes again replaces itself. */
  add(span: Span, source: TraceSource): boolean {
    const known = this.spans.get(span.spanId)
    if (!known && this.spans.size >= this.maxSpans) return false
    const size = JSON.stringify(span).length
    this.size += size - (known?.size ?? 0)
    this.spans.set(span.spanId, { span, source, size })
    this.assembled = undefined
    return true
  }

  /** A trace with a span of LLM Observability's. */
  get isLlmTrace(): boolean {
    return this.snapshot().spans.some(({ kind }) => kind !== null)
  }

  snapshot(): Trace {
    this.assembled ??= this.assemble()
    return this.assembled
  }

  private assemble(): Trace {
    const stored = [...this.spans.values()]
    const bySource = (wanted: TraceSource) =>
      stored.filter(({ source }) => source === wanted).map(({ span }) => span)
    const topFirst = depthOrder([...withSessions(bySource('otlp')), ...bySource('dd-trace')])
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
      startedAt,
      durationMs: endedAt - startedAt,
      services: [...new Set(spans.map(({ service }) => service).filter(Boolean))],
      rootName: (topFirst.find(({ kind }) => kind !== null) ?? topFirst[0])?.name ?? '',
      spans,
    }
  }
}

function withSessions(spans: Span[]): Span[] {
  const isSwitchedOff = spans.some(({ attributes }) =>
    ['false', false].includes(attributes[LLMOBS_SWITCH] as boolean),
  )
  if (isSwitchedOff) return spans.map((span) => ({ ...span, kind: null }))
  const sessions = sessionsOfTrace(spans)
  return spans.map((span) => ({ ...span, sessionId: sessions.get(span.spanId) ?? null }))
}

/** Spans near the root first, those of one depth by time. A span whose parent is unknown counts as a root. */
function depthOrder(spans: Span[]): Span[] {
  const parents = new Map(spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId]))
  const depth = (spanId: string) => {
    const seen = new Set<string>()
    for (
      let at: string | null | undefined = spanId;
      at && parents.has(at) && !seen.has(at);
      at = parents.get(at)
    ) {
      seen.add(at)
    }
    return seen.size
  }
  const depths = new Map(spans.map(({ spanId }) => [spanId, depth(spanId)]))
  return [...spans].sort(
    (one, other) =>
      (depths.get(one.spanId) ?? 0) - (depths.get(other.spanId) ?? 0) || one.startedAt - other.startedAt,
  )
}

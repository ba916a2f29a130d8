import { decode } from '@msgpack/msgpack'
import { spanKind } from '../../packages/viewer/src/span-kinds.js'
import type { ExportedSpan } from './session-counts.js'

interface DdSpan {
  trace_id: bigint
  span_id: bigint
  parent_id: bigint
  meta: Record<string, string>
}

/** The spans of `PUT /v0.4/traces` that LLM Observability takes by their attributes, as it takes OpenTelemetry's. */
export function genAiSpans(body: Buffer): ExportedSpan[] {
  const traces = decode(body, { useBigInt64: true }) as DdSpan[][]
  return traces.flat().flatMap(({ trace_id, span_id, parent_id, meta }) => {
    const kind = spanKind(meta)
    if (!kind) return []
    const ids = { spanId: String(span_id), parentSpanId: parent_id ? String(parent_id) : null }
    return [{ traceId: String(trace_id), span: { ...ids, kind, sessionId: null, attributes: meta } }]
  })
}

import { record, text } from './json.js'
import type { Span } from './telemetry.js'
import { hostOf } from './url-parts.js'

/** What the viewer keeps of a span that a Datadog tracer sent as APM: enough to see how a request came in and went on. */
export interface ApmSpan {
  /** The last 64 bits of the trace id, in hexadecimal digits. */
  requestId: string
  spanId: string
  parentId: string
  service: string
  name: string
  otelKind: NonNullable<Span['otelKind']>
  /** The session in the baggage that the span was made with. */
  sessionId: string | null
  /** The host that a client span names. */
  host: string | null
}

const KINDS: readonly unknown[] = ['server', 'client', 'producer', 'consumer']

/** Those of a tracer's spans that stand for a request; the rest is of no use here. */
export function apmSpans(spans: readonly Record<string, unknown>[]): ApmSpan[] {
  return spans.flatMap(apmSpan)
}

function apmSpan(value: Record<string, unknown>): ApmSpan[] {
  const meta = record(value.meta)
  const kind = text(meta['span.kind'])
  const requestId = hexId(value.trace_id)
  const spanId = hexId(value.span_id)
  if (!KINDS.includes(kind) || !requestId || !spanId) return []
  return [
    {
      requestId,
      spanId,
      parentId: hexId(value.parent_id) ?? '',
      service: text(value.service) ?? '',
      name: text(value.resource) || text(value.name) || '',
      otelKind: kind as ApmSpan['otelKind'],
      sessionId: text(meta['baggage.session.id']) || null,
      host:
        text(meta['out.host']) ?? text(meta['network.destination.name']) ?? hostOf(text(meta['http.url'])),
    },
  ]
}

/** An id of 64 bits in hexadecimal digits; null for what is no integer. */
export function hexId(value: unknown): string | null {
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) return null
  return BigInt.asUintN(64, BigInt(value as bigint | number))
    .toString(16)
    .padStart(16, '0')
}

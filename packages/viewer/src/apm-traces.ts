import { decode } from '@msgpack/msgpack'
import { isRecord, record, text } from './json.js'
import { scanMsgpack } from './msgpack-scan.js'
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

/**
 * The spans that stand for a request, of the payload that a tracer sends to its agent at `/v0.4/traces` or
 * `/v0.5/traces`; the rest is of no use here. Nothing for a payload that is none.
 * https://github.com/DataDog/datadog-agent/blob/main/pkg/trace/api/version.go
 */
export function apmSpans(body: Uint8Array, version: 'v0.4' | 'v0.5'): ApmSpan[] {
  let payload: unknown
  try {
    scanMsgpack(body)
    // 64-bit ids are no safe numbers.
    payload = decode(body, { useBigInt64: true })
  } catch {
    return []
  }
  const traces = version === 'v0.5' ? fromTable(payload) : payload
  if (!Array.isArray(traces)) return []
  return traces.flatMap((trace) => (Array.isArray(trace) ? trace.flatMap(apmSpan) : []))
}

const FIELDS = [
  'service',
  'name',
  'resource',
  'trace_id',
  'span_id',
  'parent_id',
  'start',
  'duration',
  'error',
  'meta',
]
const TEXTS = ['service', 'name', 'resource']

/** v0.5: a table of texts, and spans as arrays in which each text is its place in the table. */
function fromTable(payload: unknown): unknown {
  if (!Array.isArray(payload) || !Array.isArray(payload[0]) || !Array.isArray(payload[1])) return []
  const [table, traces] = payload
  const at = (index: unknown) => (typeof index === 'number' && text(table[index])) || ''
  const fromArray = (values: unknown) => {
    if (!Array.isArray(values)) return {}
    const span: Record<string, unknown> = {}
    FIELDS.forEach((field, index) => {
      span[field] = TEXTS.includes(field) ? at(values[index]) : values[index]
    })
    span.meta = Object.fromEntries(
      Object.entries(record(span.meta)).map(([key, value]) => [at(Number(key)), at(value)]),
    )
    return span
  }
  return traces.map((trace) => (Array.isArray(trace) ? trace.map(fromArray) : []))
}

function apmSpan(value: unknown): ApmSpan[] {
  if (!isRecord(value)) return []
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

function hexId(value: unknown): string | null {
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) return null
  return BigInt.asUintN(64, BigInt(value as bigint | number))
    .toString(16)
    .padStart(16, '0')
}

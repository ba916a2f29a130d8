import { decode } from '@msgpack/msgpack'
import { isRecord, record, text } from './json.js'
import { scanMsgpack } from './msgpack-scan.js'

/**
 * The spans of the payload that a tracer sends to its agent at `/v0.4/traces` or `/v0.5/traces`, in the shape of v0.4.
 * Nothing for a payload that is none.
 * https://github.com/DataDog/datadog-agent/blob/main/pkg/trace/api/version.go
 */
export function tracerSpans(body: Uint8Array, version: 'v0.4' | 'v0.5'): Record<string, unknown>[] {
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
  return traces.flatMap((trace) => (Array.isArray(trace) ? trace.filter(isRecord) : []))
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

import { decode } from '@msgpack/msgpack'
import { hexId } from './apm-spans.js'
import { asText, record } from './json.js'
import { MAX_CONTAINERS } from './limits.js'
import { scanMsgpack } from './msgpack-scan.js'

/** Each byte of binary data would become a member of an object. */
const JSON_VALUES = { maxBinLength: 0, maxExtLength: 0 }

/**
 * The LLM Observability events that ddtrace for Python has inside its APM spans, in `meta_struct._llmobs`, in the shape in
 * which it posts them to `/api/v2/llmobs` while APM tracing is off.
 * https://github.com/DataDog/dd-trace-py/blob/v4.16.0/ddtrace/llmobs/_llmobs.py
 */
export function embeddedEvents(spans: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  let containers = 0
  return spans.flatMap((span) => {
    const encoded = record(span.meta_struct)._llmobs
    if (!(encoded instanceof Uint8Array)) return []
    try {
      containers += scanMsgpack(encoded, MAX_CONTAINERS - containers)
      return [{ ...eventOf(record(decode(encoded, JSON_VALUES))), ...fieldsOf(span) }]
    } catch {
      return []
    }
  })
}

function eventOf({ tags, ...event }: Record<string, unknown>): Record<string, unknown> {
  return { ...event, tags: Object.entries(record(tags)).map(([key, value]) => `${key}:${asText(value)}`) }
}

/** What the event has from its span alone. The parent in the event has decimal digits, so the id has them too. */
function fieldsOf(span: Record<string, unknown>): Record<string, unknown> {
  return {
    span_id: isInteger(span.span_id) ? BigInt.asUintN(64, BigInt(span.span_id)).toString() : undefined,
    start_ns: isInteger(span.start) ? Number(span.start) : undefined,
    duration: isInteger(span.duration) ? Number(span.duration) : undefined,
    status: isInteger(span.error) && Number(span.error) !== 0 ? 'error' : 'ok',
    _dd: { apm_trace_id: hexId(span.trace_id) },
  }
}

function isInteger(value: unknown): value is bigint | number {
  return typeof value === 'bigint' || Number.isSafeInteger(value)
}

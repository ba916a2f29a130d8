import { idText } from './bounds.js'
import { isRecord, record, records, text } from './json.js'
import { spanContent } from './span-content.js'
import { spanKind } from './span-kinds.js'
import type { Attributes, Span } from './telemetry.js'

/** A span and the trace that it belongs to. */
export interface ReceivedSpan {
  traceId: string
  span: Span
}

/**
 * The spans of a decoded OTLP export request. Each is judged by its own attributes alone; its session, which depends
 * on the whole trace, is still null. What has no trace or span id, or a longer one, is counted in `rejected`.
 */
export function otlpSpans(resourceSpans: readonly unknown[]): { spans: ReceivedSpan[]; rejected: number } {
  const spans: ReceivedSpan[] = []
  let rejected = 0
  for (const resourceSpan of records(resourceSpans)) {
    const resource = keyValues(record(resourceSpan.resource).attributes)
    for (const scopeSpan of records(resourceSpan.scopeSpans)) {
      for (const otlpSpan of records(scopeSpan.spans)) {
        const received = receivedSpan(otlpSpan, resource)
        if (received) spans.push(received)
        else rejected++
      }
    }
  }
  return { spans, rejected }
}

function receivedSpan(otlp: Record<string, unknown>, resource: Attributes): ReceivedSpan | null {
  const traceId = idText(otlp.traceId)
  const spanId = idText(otlp.spanId)
  if (!traceId || !spanId) return null

  const attributes = keyValues(otlp.attributes)
  // LLM Observability honours its switch on the resource as well as on a span.
  if (resource[LLMOBS_SWITCH] !== undefined) attributes[LLMOBS_SWITCH] ??= resource[LLMOBS_SWITCH]
  const kind = spanKind(attributes)
  const startedAt = nanoseconds(otlp.startTimeUnixNano)
  const endedAt = nanoseconds(otlp.endTimeUnixNano)
  return {
    traceId: traceId.toLowerCase(),
    span: {
      spanId: spanId.toLowerCase(),
      parentSpanId: idText(otlp.parentSpanId)?.toLowerCase() ?? null,
      name: text(attributes['gen_ai.tool.name']) ?? text(otlp.name) ?? '',
      service: text(resource['service.name']) ?? '',
      language: text(resource['telemetry.sdk.language']) ?? null,
      kind,
      otelKind: otelKind(otlp.kind),
      sessionId: null,
      sessionFrom: null,
      ...spanContent(attributes, records(otlp.events).map(eventAttributes)),
      startedAt: milliseconds(startedAt),
      durationMs: endedAt > startedAt ? milliseconds(endedAt - startedAt) : 0,
      error: errorMessage(record(otlp.status), attributes),
      attributes,
    },
  }
}

/** Set to false on any span, it keeps the whole trace out of LLM Observability. */
export const LLMOBS_SWITCH = 'dd_llmobs_enabled'

const INFERENCE_DETAILS = 'gen_ai.client.inference.operation.details'

const OTEL_KINDS = ['server', 'client', 'producer', 'consumer'] as const

/** The number of the enumeration, or its name, which the JSON encoding allows too. */
function otelKind(kind: unknown): Span['otelKind'] {
  // 0 and 1 are of no request: unspecified and internal.
  const isNamed = (name: string, index: number) =>
    kind === index + 2 || kind === name.toUpperCase() || kind === `SPAN_KIND_${name.toUpperCase()}`
  return OTEL_KINDS.find(isNamed) ?? null
}

function eventAttributes(event: Record<string, unknown>): Attributes {
  return event.name === INFERENCE_DETAILS ? keyValues(event.attributes) : {}
}

function errorMessage(status: Record<string, unknown>, attributes: Attributes): string | null {
  // STATUS_CODE_ERROR; the JSON encoding allows the name too.
  if (status.code !== 2 && status.code !== 'STATUS_CODE_ERROR') return null
  return text(status.message) || text(attributes['error.type']) || 'error'
}

/** fixed64, which JSON writes as a decimal string and protobufjs as asked; 0 for anything else. */
function nanoseconds(unixNano: unknown): bigint {
  const digits = String(unixNano)
  return /^\d{1,20}$/.test(digits) ? BigInt(digits) : 0n
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1000n) / 1000
}

function keyValues(value: unknown): Record<string, unknown> {
  // No prototype: a key may be called __proto__.
  const attributes: Record<string, unknown> = Object.create(null)
  for (const { key, value: any } of records(value)) {
    if (typeof key === 'string') attributes[key] = anyValue(any)
  }
  return attributes
}

/** https://opentelemetry.io/docs/specs/otel/common/#anyvalue */
function anyValue(value: unknown): unknown {
  if (!isRecord(value)) return null
  if (value.stringValue !== undefined) return value.stringValue
  if (value.boolValue !== undefined) return value.boolValue
  if (value.intValue !== undefined) return Number(value.intValue)
  if (value.doubleValue !== undefined) return Number(value.doubleValue)
  if (value.arrayValue !== undefined) return records(record(value.arrayValue).values).map(anyValue)
  if (value.kvlistValue !== undefined) return keyValues(record(value.kvlistValue).values)
  return null
}

import { cutText, idText } from './bounds.js'
import { number, record, records, text } from './json.js'
import type { ReceivedSpan } from './otlp-spans.js'
import { outputParts } from './output-parts.js'
import { messagesIn, readable } from './span-content.js'
import { llmObsKind } from './span-kinds.js'

/**
 * The spans of what an LLM Observability SDK posts through the agent to `/api/v2/llmobs`: an array of payloads, or
 * one, each with `spans`. The Sessions filter reads the event's own `session_id` and nothing else, so this does too;
 * a `session_id:` tag alone joins nothing.
 * https://docs.datadoghq.com/llm_observability/instrument/api/#span
 */
export function llmObsSpans(payload: unknown): ReceivedSpan[] {
  const payloads = Array.isArray(payload) ? records(payload) : [record(payload)]
  return payloads.flatMap(({ spans }) =>
    records(spans).flatMap((event) => {
      const received = receivedSpan(event)
      return received ? [received] : []
    }),
  )
}

/** How dd-trace writes that a span has no LLM Observability parent. */
const NO_PARENT = 'undefined'

function receivedSpan(event: Record<string, unknown>): ReceivedSpan | null {
  const traceId = idText(event.trace_id)
  const spanId = idText(event.span_id)
  if (!traceId || !spanId) return null

  const meta = record(event.meta)
  const metrics = record(event.metrics)
  const tags = tagsOf(event.tags)
  const parentId = idText(event.parent_id)
  const input = number(metrics.input_tokens)
  const output = number(metrics.output_tokens)
  return {
    traceId,
    span: {
      spanId,
      parentSpanId: parentId && parentId !== NO_PARENT ? parentId : null,
      name: text(event.name) ?? '',
      service: tags.service ?? tags.ml_app ?? '',
      language: tags.language ?? null,
      kind: llmObsKind(record(meta.span).kind ?? meta['span.kind'] ?? meta.kind),
      otelKind: null,
      sessionId: text(event.session_id) || null,
      sessionFrom: text(event.session_id) ? 'session_id' : null,
      input: content(record(meta.input)),
      output: content(record(meta.output)),
      parts: outputParts(messagesIn(record(meta.output).messages ?? record(meta.output).value)),
      tokens: input === undefined && output === undefined ? null : { input: input ?? 0, output: output ?? 0 },
      cost: number(metrics.total_cost) ?? null,
      model: text(meta.model_name) ?? null,
      startedAt: (number(event.start_ns) ?? 0) / 1e6,
      durationMs: (number(event.duration) ?? 0) / 1e6,
      error:
        event.status === 'error'
          ? text(meta['error.message']) || text(record(meta.error).message) || 'error'
          : null,
      attributes: { ...tags, ...record(meta.metadata) },
      apmTraceId: idText(record(event._dd).apm_trace_id) ?? traceId,
    },
  }
}

function content({ value, messages, documents }: Record<string, unknown>): string | null {
  return readable(messages) ?? readable(value) ?? readable(documents)
}

/** Of a tag's value; Datadog takes fewer. */
const MAX_TAG = 1000

function tagsOf(value: unknown): Record<string, string> {
  const tags: Record<string, string> = Object.create(null)
  for (const tag of Array.isArray(value) ? value : []) {
    const [, key, tagValue] = (typeof tag === 'string' && /^([^:]+):(.*)$/s.exec(tag)) || []
    if (key !== undefined && tagValue !== undefined) tags[key] = cutText(tagValue, MAX_TAG)
  }
  return tags
}

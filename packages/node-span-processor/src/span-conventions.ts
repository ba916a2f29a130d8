import type { Attributes } from '@opentelemetry/api'

const GEN_AI = 'https://github.com/open-telemetry/semantic-conventions-genai'
const DATADOG = 'https://docs.datadoghq.com/llm_observability/instrument/otel_instrumentation/'

/** One attribute by which a span shows that it is LLM Observability's. */
export interface SpanConvention {
  /** The span is LLM Observability's when this attribute is a non-empty string. */
  readonly attribute: string
  /** Values of `attribute` that say that the span is an agent. */
  readonly agents: readonly string[]
  /** Attribute from which LLM Observability reads the session of such a span. */
  readonly sessionAttribute: 'gen_ai.conversation.id' | 'session.id'
  /** Pages or source files that the row comes from. */
  readonly sources: readonly string[]
}

/**
 * The spans that LLM Observability shows. The first row that a span matches decides whether it is an agent, so
 * `gen_ai.operation.name` wins over the other conventions, as it does in LLM Observability.
 */
export const SPAN_CONVENTIONS: readonly SpanConvention[] = [
  {
    attribute: 'gen_ai.operation.name',
    agents: ['invoke_agent', 'create_agent'],
    sessionAttribute: 'gen_ai.conversation.id',
    sources: [GEN_AI, DATADOG],
  },
  {
    attribute: 'openinference.span.kind',
    agents: ['AGENT'],
    sessionAttribute: 'session.id',
    sources: ['https://arize-ai.github.io/openinference/spec/semantic_conventions.html', DATADOG],
  },
  {
    // Langfuse's own `session.id` is no more than a tag in LLM Observability.
    attribute: 'langfuse.observation.type',
    agents: ['agent'],
    sessionAttribute: 'gen_ai.conversation.id',
    sources: ['https://langfuse.com/integrations/native/opentelemetry', DATADOG],
  },
  {
    attribute: 'traceloop.span.kind',
    agents: ['agent'],
    sessionAttribute: 'gen_ai.conversation.id',
    sources: ['https://github.com/traceloop/openllmetry-js/tree/main/packages/ai-semantic-conventions'],
  },
  {
    attribute: 'gen_ai.provider.name',
    agents: [],
    sessionAttribute: 'gen_ai.conversation.id',
    sources: [GEN_AI, DATADOG],
  },
  {
    // What gen_ai.provider.name was called up to semantic conventions 1.36.
    attribute: 'gen_ai.system',
    agents: [],
    sessionAttribute: 'gen_ai.conversation.id',
    sources: [GEN_AI, DATADOG],
  },
]

/**
 * Returns the row that a span with these attributes matches first, or nothing when LLM Observability does not show it.
 * dd-trace's OpenTelemetry spans have no readable attributes: what they are, only its bridge can see.
 */
export function conventionOf(attributes: Attributes | undefined): SpanConvention | undefined {
  if (attributes === undefined || !mayMatch(attributes)) return undefined
  for (const convention of SPAN_CONVENTIONS) {
    if (isFilled(attributes[convention.attribute])) return convention
  }
  return undefined
}

/** Says whether LLM Observability shows a span with these attributes. */
export function isLlmObsSpan(attributes: Attributes): boolean {
  return conventionOf(attributes) !== undefined
}

/** Says whether LLM Observability shows a span with these attributes as an agent. */
export function isAgentSpan(
  attributes: Attributes | undefined,
  convention = conventionOf(attributes),
): boolean {
  return convention?.agents.includes(String(attributes?.[convention.attribute])) ?? false
}

/** Says whether the span follows a convention whose session stands in `sessionAttribute`. */
export function keepsSessionIn(
  sessionAttribute: SpanConvention['sessionAttribute'],
  attributes: Attributes,
): boolean {
  for (const convention of SPAN_CONVENTIONS) {
    if (convention.sessionAttribute === sessionAttribute && isFilled(attributes[convention.attribute])) {
      return true
    }
  }
  return false
}

/** Says no to a span that matches no row. Asked several times for every span of the application. */
export function mayMatch(attributes: Attributes | undefined): boolean {
  // Literal keys are several times faster than keys out of the table.
  return (
    attributes !== undefined &&
    (attributes['gen_ai.operation.name'] !== undefined ||
      attributes['openinference.span.kind'] !== undefined ||
      attributes['langfuse.observation.type'] !== undefined ||
      attributes['traceloop.span.kind'] !== undefined ||
      attributes['gen_ai.provider.name'] !== undefined ||
      attributes['gen_ai.system'] !== undefined)
  )
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

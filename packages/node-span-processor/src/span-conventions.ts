const GEN_AI_SOURCE = 'https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/'
const DATADOG_SOURCE = 'https://docs.datadoghq.com/llm_observability/instrument/otel_instrumentation/'

/** One attribute by which a span shows that it is LLM Observability's. */
export interface SpanConvention {
  /** The span is LLM Observability's when this attribute is a non-empty string. */
  readonly attribute: string
  /** Values of `attribute` that say that the span is an agent. */
  readonly agents: readonly string[]
  /** Attribute that LLM Observability reads the session of such a span from. */
  readonly sessionAttribute: 'gen_ai.conversation.id' | 'session.id'
  /** Where the row comes from. */
  readonly sources: readonly string[]
}

/** Attribute that LLM Observability turns into the `session_id:` tag, whatever the convention. */
export const SESSION_TAG_ATTRIBUTE = 'session_id'

/**
 * The spans that LLM Observability shows. The first row that a span matches decides its kind, so
 * `gen_ai.operation.name` wins over the other conventions, as it does in LLM Observability.
 */
export const SPAN_CONVENTIONS: readonly SpanConvention[] = [
  {
    attribute: 'gen_ai.operation.name',
    agents: ['invoke_agent', 'create_agent'],
    sessionAttribute: 'gen_ai.conversation.id',
    sources: [GEN_AI_SOURCE, DATADOG_SOURCE],
  },
  {
    attribute: 'openinference.span.kind',
    agents: ['AGENT'],
    sessionAttribute: 'session.id',
    sources: ['https://arize-ai.github.io/openinference/spec/semantic_conventions.html', DATADOG_SOURCE],
  },
  {
    attribute: 'langfuse.observation.type',
    agents: ['agent'],
    sessionAttribute: 'session.id',
    sources: ['https://langfuse.com/integrations/native/opentelemetry'],
  },
  {
    attribute: 'traceloop.span.kind',
    agents: ['agent'],
    sessionAttribute: 'session.id',
    sources: ['https://github.com/traceloop/openllmetry-js/tree/main/packages/ai-semantic-conventions'],
  },
  {
    attribute: 'gen_ai.provider.name',
    agents: [],
    sessionAttribute: 'gen_ai.conversation.id',
    sources: [GEN_AI_SOURCE, DATADOG_SOURCE],
  },
  {
    // The name of gen_ai.provider.name up to semantic conventions 1.36.
    attribute: 'gen_ai.system',
    agents: [],
    sessionAttribute: 'gen_ai.conversation.id',
    sources: ['https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/', DATADOG_SOURCE],
  },
]

/** What the attributes of a span say about it. */
export interface LlmObsSpan {
  readonly agent: boolean
  /** Whether the span follows the GenAI convention, whose session attribute is `gen_ai.conversation.id`. */
  readonly genAi: boolean
}

/** Classifies a span by its attributes; returns nothing for a span that LLM Observability does not show. */
export function llmObsSpan(attributes: Readonly<Record<string, unknown>>): LlmObsSpan | undefined {
  let agent: boolean | undefined
  let genAi = false
  for (const convention of SPAN_CONVENTIONS) {
    const value = attributes[convention.attribute]
    if (typeof value !== 'string' || value === '') continue
    agent ??= convention.agents.includes(value)
    genAi ||= convention.sessionAttribute === 'gen_ai.conversation.id'
  }
  return agent === undefined ? undefined : { agent, genAi }
}

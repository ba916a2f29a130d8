import type { Attributes } from '@opentelemetry/api'

/** An attribute by which LLM Observability recognizes its spans. */
export interface SpanConvention {
  /** Key of the attribute. Its value is a non-empty string. */
  readonly attribute: string
  /** Values of the attribute on agent spans. */
  readonly agents: readonly string[]
}

// https://github.com/open-telemetry/semantic-conventions-genai
const OPERATION: SpanConvention = {
  attribute: 'gen_ai.operation.name',
  agents: ['invoke_agent', 'create_agent'],
}
// https://arize-ai.github.io/openinference/spec/semantic_conventions.html
const OPEN_INFERENCE: SpanConvention = { attribute: 'openinference.span.kind', agents: ['AGENT'] }
// https://langfuse.com/integrations/native/opentelemetry. Its `session.id` is only a tag in LLM Observability.
const LANGFUSE: SpanConvention = { attribute: 'langfuse.observation.type', agents: ['agent'] }
// https://github.com/traceloop/openllmetry-js/tree/main/packages/ai-semantic-conventions
const TRACELOOP: SpanConvention = { attribute: 'traceloop.span.kind', agents: ['agent'] }
const PROVIDER: SpanConvention = { attribute: 'gen_ai.provider.name', agents: [] }
// Name of gen_ai.provider.name up to semantic conventions 1.36.
const SYSTEM: SpanConvention = { ...PROVIDER, attribute: 'gen_ai.system' }

/** The conventions of LLM Observability, in its order of precedence. */
export const SPAN_CONVENTIONS = [OPERATION, OPEN_INFERENCE, LANGFUSE, TRACELOOP, PROVIDER, SYSTEM]

/**
 * Returns the first of {@link SPAN_CONVENTIONS} that a span with these attributes follows, or undefined if LLM
 * Observability does not show the span. As in LLM Observability, this convention decides whether the span is an agent.
 *
 * The keys are literals, because a loop over the conventions is 20 times slower and runs three times for a span. A new
 * convention goes into the list above and into these functions.
 *
 * @see https://docs.datadoghq.com/llm_observability/instrument/otel_instrumentation/
 */
export function conventionOf(attributes: Attributes): SpanConvention | undefined {
  if (isFilled(attributes['gen_ai.operation.name'])) return OPERATION
  if (isFilled(attributes['openinference.span.kind'])) return OPEN_INFERENCE
  return conventionBesideOpenInference(attributes)
}

function conventionBesideOpenInference(attributes: Attributes): SpanConvention | undefined {
  if (isFilled(attributes['langfuse.observation.type'])) return LANGFUSE
  if (isFilled(attributes['traceloop.span.kind'])) return TRACELOOP
  if (isFilled(attributes['gen_ai.provider.name'])) return PROVIDER
  if (isFilled(attributes['gen_ai.system'])) return SYSTEM
  return undefined
}

export function isAgentSpan(attributes: Attributes, convention: SpanConvention | undefined): boolean {
  return convention?.agents.includes(String(attributes[convention.attribute])) ?? false
}

export function isOpenInference(attributes: Attributes): boolean {
  return isFilled(attributes['openinference.span.kind'])
}

/** Whether the span follows OpenInference only. LLM Observability then reads its session from `session.id`. */
export function isOpenInferenceAlone(attributes: Attributes, convention: SpanConvention): boolean {
  return convention === OPEN_INFERENCE && conventionBesideOpenInference(attributes) === undefined
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

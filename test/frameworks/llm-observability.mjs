/**
 * LLM Observability's rules for OTLP spans. They are written from its documentation, independently of the packages, so
 * that a test can find a difference.
 *
 * @see https://docs.datadoghq.com/llm_observability/instrument/otel_instrumentation/
 */
export const CONVENTION_ATTRIBUTES = [
  'gen_ai.operation.name',
  'gen_ai.provider.name',
  'gen_ai.system',
  'openinference.span.kind',
  'langfuse.observation.type',
]

/** Attributes that hold a session: the two that LLM Observability maps to it, and the tag. */
export const SESSION_ATTRIBUTES = ['gen_ai.conversation.id', 'session.id', 'session_id']

const OPERATION_KINDS = {
  invoke_agent: 'agent',
  create_agent: 'agent',
  execute_tool: 'tool',
  chat: 'llm',
  generate_content: 'llm',
  text_completion: 'llm',
  completion: 'llm',
  embeddings: 'embedding',
}

const OBSERVATION_KINDS = { agent: 'agent', tool: 'tool', generation: 'llm', embedding: 'embedding' }

const OPENINFERENCE_KINDS = {
  AGENT: 'agent',
  TOOL: 'tool',
  LLM: 'llm',
  EMBEDDING: 'embedding',
  RETRIEVER: 'retrieval',
}

/** Returns the kind of a span in LLM Observability, or undefined for other spans. */
export function kindOf({ attributes }) {
  if (!CONVENTION_ATTRIBUTES.some((key) => attributes[key])) return undefined
  const operation = attributes['gen_ai.operation.name']
  if (operation) return OPERATION_KINDS[operation] ?? 'workflow'
  const openInference = attributes['openinference.span.kind']
  if (openInference) return OPENINFERENCE_KINDS[openInference] ?? 'workflow'
  return OBSERVATION_KINDS[attributes['langfuse.observation.type']] ?? 'workflow'
}

/**
 * Returns the attribute that LLM Observability reads the session of a span from. It reads `session.id` on OpenInference
 * spans only.
 */
export function sessionAttributeOf({ attributes }) {
  const openInference = attributes['openinference.span.kind'] && !attributes['gen_ai.conversation.id']
  return openInference ? 'session.id' : 'gen_ai.conversation.id'
}

import type { Attributes, SpanKind } from './telemetry.js'

/**
 * What LLM Observability calls a span: its attribute mapping reference, "Span kind resolution" of each convention.
 * https://docs.datadoghq.com/llm_observability/instrument/otel_instrumentation/#attribute-mapping-reference
 */
interface KindRule {
  readonly attribute: string
  readonly kinds: Readonly<Record<string, SpanKind>>
}

/** In the order of precedence: the first attribute that the span carries decides. */
const KIND_RULES: readonly KindRule[] = [
  {
    attribute: 'gen_ai.operation.name',
    kinds: {
      chat: 'llm',
      generate_content: 'llm',
      text_completion: 'llm',
      completion: 'llm',
      embeddings: 'embedding',
      embedding: 'embedding',
      execute_tool: 'tool',
      invoke_agent: 'agent',
      create_agent: 'agent',
    },
  },
  {
    attribute: 'openinference.span.kind',
    kinds: { LLM: 'llm', EMBEDDING: 'embedding', TOOL: 'tool', AGENT: 'agent', RETRIEVER: 'retrieval' },
  },
  {
    attribute: 'langfuse.observation.type',
    kinds: {
      generation: 'llm',
      embedding: 'embedding',
      tool: 'tool',
      agent: 'agent',
      retriever: 'retrieval',
    },
  },
  {
    attribute: 'traceloop.span.kind',
    kinds: { agent: 'agent', tool: 'tool', task: 'task' },
  },
  {
    attribute: 'llm.request.type',
    kinds: { chat: 'llm', completion: 'llm', embedding: 'embedding' },
  },
]

/** One of these on a span makes it LLM Observability's; `llm.request.type` alone does not. */
const MARKERS = [
  'gen_ai.operation.name',
  'gen_ai.provider.name',
  'gen_ai.system',
  'openinference.span.kind',
  'langfuse.observation.type',
  'traceloop.span.kind',
]

/**
 * The kind that LLM Observability gives to an OTLP span, or null when it does not take the span.
 * A span that it takes without knowing the operation is a workflow.
 *
 * @example
 * spanKind({ 'gen_ai.operation.name': 'invoke_agent' }) // 'agent'
 * spanKind({ 'http.request.method': 'POST' }) // null
 */
export function spanKind(attributes: Attributes): SpanKind | null {
  if (!MARKERS.some((marker) => isPresent(attributes[marker]))) return null
  const rule = KIND_RULES.find(({ attribute }) => isPresent(attributes[attribute]))
  const value = rule && attributes[rule.attribute]
  return typeof value === 'string' && rule && Object.hasOwn(rule.kinds, value)
    ? (rule.kinds[value] as SpanKind)
    : 'workflow'
}

const LLMOBS_KINDS: readonly string[] = ['agent', 'llm', 'tool', 'workflow', 'embedding', 'retrieval', 'task']

/** The kind that an LLM Observability SDK wrote itself; one that this viewer does not know is a workflow. */
export function llmObsKind(kind: unknown): SpanKind {
  return typeof kind === 'string' && LLMOBS_KINDS.includes(kind) ? (kind as SpanKind) : 'workflow'
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

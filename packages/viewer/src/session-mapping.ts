import { ancestors } from './ancestors.js'
import { text } from './json.js'
import type { Attributes, SessionSource, Span } from './telemetry.js'

/** What the mapping needs of a span. */
export type MappedSpan = Pick<Span, 'spanId' | 'parentSpanId' | 'kind' | 'attributes'>

/**
 * The attributes that LLM Observability turns into an event's `session_id`, in the order of precedence, and the
 * attribute that a span must carry for the rule to apply. A plain `session.id` or `session_id` on any other span is
 * only a tag. Source: the "Session" tables of
 * https://docs.datadoghq.com/llm_observability/instrument/otel_instrumentation/#attribute-mapping-reference
 */
const SESSION_RULES: readonly { attribute: SessionSource; onlyWith?: string }[] = [
  { attribute: 'gen_ai.conversation.id' },
  { attribute: 'session.id', onlyWith: 'openinference.span.kind' },
  { attribute: 'langfuse.session.id', onlyWith: 'langfuse.observation.type' },
]

/** Where LLM Observability gives the topmost span the session of a span below it. */
const REACHES_ROOT: SessionSource = 'session.id'

/**
 * The `session_id` that LLM Observability derives for each span of one OTLP trace, by span id; a span that is absent
 * has none. Nothing is derived for a trace without an LLM Observability span (every `kind` is null).
 * An OpenInference session reaches the topmost LLM Observability span above it that has no session of its own.
 */
export function sessionsOfTrace(spans: readonly MappedSpan[]): Map<string, string> {
  const sessions = new Map<string, string>()
  if (spans.every(({ kind }) => kind === null)) return sessions

  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const carried: [root: MappedSpan, session: string][] = []
  for (const span of spans) {
    const filed = filedBy(span.attributes)
    if (!filed) continue
    sessions.set(span.spanId, filed.id)
    if (filed.attribute === REACHES_ROOT) carried.push([topmost(span, byId), filed.id])
  }
  for (const [root, session] of carried) {
    if (!sessions.has(root.spanId)) sessions.set(root.spanId, session)
  }
  return sessions
}

/**
 * Where a span with the filed session `filed` is found: under the RUM session in its tag `session_id` where LLM
 * Observability files it under another id, or under none, and under the filed one otherwise. A tag alone is anyone's, so
 * it counts beside a conversation id or beside the same `session.id`.
 */
export function foundUnder(
  { attributes }: Pick<Span, 'attributes'>,
  filed: string | undefined,
): Pick<Span, 'sessionId' | 'sessionFrom'> {
  const tag = text(attributes.session_id)
  if (tag && tag !== filed && (filed || attributes['session.id'] === tag)) {
    return { sessionId: tag, sessionFrom: 'tag session_id' }
  }
  if (!filed) return { sessionId: null, sessionFrom: null }
  return { sessionId: filed, sessionFrom: filedBy(attributes)?.attribute ?? 'session.id' }
}

/** The id on a span under which LLM Observability files it, and the attribute that holds it. */
export function filedBy(attributes: Attributes): { attribute: SessionSource; id: string } | null {
  for (const rule of SESSION_RULES) {
    const id = ruleValue(rule, attributes)
    if (id !== null) return { attribute: rule.attribute, id }
  }
  return null
}

function ruleValue(rule: (typeof SESSION_RULES)[number], attributes: Attributes): string | null {
  if (rule.onlyWith && !attributes[rule.onlyWith]) return null
  const value = attributes[rule.attribute]
  return typeof value === 'string' && value !== '' ? value : null
}

function topmost(span: MappedSpan, byId: Map<string, MappedSpan>): MappedSpan {
  return [...ancestors(span, byId)].findLast(({ kind }) => kind !== null) ?? span
}

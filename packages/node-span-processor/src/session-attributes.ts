import type { Attributes, AttributeValue } from '@opentelemetry/api'
import { SESSION_BAGGAGE_KEY } from './session-from-baggage.js'
import { conventionOf, keepsSessionIn } from './span-conventions.js'

/** When `gen_ai.conversation.id` is written. */
export type ConversationIdPolicy = 'when-absent' | 'always' | 'never'

/** The part of a span that is needed to write attributes. `attributes` is missing on dd-trace's OTel spans. */
export interface AttributeTarget {
  readonly attributes?: Attributes
  isRecording(): boolean
  setAttribute(key: string, value: AttributeValue): unknown
}

const SESSION_TAG = 'session_id'
const CONVERSATION_ID = 'gen_ai.conversation.id'

/**
 * Writes a session to a span: `session.id` to every span; to a span that LLM Observability shows `session_id` as
 * well, which becomes its `session_id:` tag; and to a GenAI span `gen_ai.conversation.id`, which LLM Observability
 * maps to its own `session_id`. An attribute that is there already stays, save for `gen_ai.conversation.id` under
 * the policy `'always'`.
 *
 * A span that follows OpenInference or Langfuse too, and has a `session.id` of the application's, gets no
 * `gen_ai.conversation.id`: two session attributes would contradict each other, and ours might win.
 *
 * @returns whether attributes that the span gets later can call for more.
 */
export function setSessionAttributes(
  span: AttributeTarget,
  sessionId: string,
  conversationId: ConversationIdPolicy,
): boolean {
  const attributes = span.attributes
  if (attributes === undefined) {
    write(span, SESSION_BAGGAGE_KEY, sessionId)
    return true
  }
  if (attributes[SESSION_BAGGAGE_KEY] === undefined) write(span, SESSION_BAGGAGE_KEY, sessionId)
  const convention = conventionOf(attributes)
  if (convention === undefined) return true
  if (attributes[SESSION_TAG] === undefined) write(span, SESSION_TAG, sessionId)
  if (conversationId === 'never') return false
  if (convention.sessionAttribute !== CONVERSATION_ID && !keepsSessionIn(CONVERSATION_ID, attributes))
    return true
  if (conversationId === 'always') {
    write(span, CONVERSATION_ID, sessionId)
    return true
  }
  if (attributes[CONVERSATION_ID] !== undefined) return false
  if (attributes[SESSION_BAGGAGE_KEY] !== sessionId && keepsSessionIn(SESSION_BAGGAGE_KEY, attributes))
    return true
  write(span, CONVERSATION_ID, sessionId)
  return false
}

function write(span: AttributeTarget, key: string, value: string): void {
  const recording = span.isRecording()
  if (recording) span.setAttribute(key, value)
  const attributes = span.attributes
  // setAttribute does nothing once a span has ended, which is when SDKs without onEnding come here, and nothing at
  // the span's attributeCountLimit, which a long conversation in OpenInference's flattened messages exceeds.
  if (attributes !== undefined && (!recording || attributes[key] === undefined)) attributes[key] = value
}

import type { Attributes, AttributeValue } from '@opentelemetry/api'
import { SESSION_BAGGAGE_KEY } from './session-from-baggage.js'
import { isOpenInference, isOpenInferenceAlone, type SpanConvention } from './span-conventions.js'

/** When `gen_ai.conversation.id` is written. */
export type ConversationIdPolicy = 'when-absent' | 'always' | 'never'

/** The part of a span that writing attributes needs. dd-trace's OpenTelemetry spans have no `attributes`. */
export interface AttributeTarget {
  readonly attributes?: Attributes
  readonly droppedAttributesCount?: number
  isRecording(): boolean
  setAttribute(key: string, value: AttributeValue): unknown
}

const SESSION_TAG = 'session_id'
const CONVERSATION_ID = 'gen_ai.conversation.id'
const LANGFUSE_SESSION_ID = 'langfuse.session.id'

/**
 * Writes the session attributes of a span. May be called more than once for a span. Every span gets `session.id`. A span
 * whose session LLM Observability reads from `gen_ai.conversation.id` gets that too. At its end, a span of LLM
 * Observability with another `gen_ai.conversation.id`, or none, gets `session_id`: Datadog derives session and tag from
 * `gen_ai.conversation.id` alone. Attributes of the application are kept, except `gen_ai.conversation.id` under the policy
 * `'always'`.
 *
 * @param isEnding whether the attributes of the span are complete
 * @param convention of the span, undefined if LLM Observability does not show it
 */
export function setSessionAttributes(
  span: AttributeTarget,
  sessionId: string,
  conversationId: ConversationIdPolicy,
  isEnding: boolean,
  convention: SpanConvention | undefined,
): void {
  const { attributes = {} } = span
  if (attributes[SESSION_BAGGAGE_KEY] === undefined) write(span, SESSION_BAGGAGE_KEY, sessionId)
  if (convention === undefined) return
  if (isConversationIdMissing(attributes, sessionId, conversationId, convention)) {
    write(span, CONVERSATION_ID, sessionId)
  }
  if (isEnding && attributes[CONVERSATION_ID] !== sessionId && attributes[SESSION_TAG] === undefined) {
    write(span, SESSION_TAG, sessionId)
  }
}

/**
 * False for a span that has a `langfuse.session.id`, or follows OpenInference and has a `session.id` of the application: a
 * `gen_ai.conversation.id` would contradict it.
 */
function isConversationIdMissing(
  attributes: Attributes,
  sessionId: string,
  policy: ConversationIdPolicy,
  convention: SpanConvention,
): boolean {
  if (policy === 'never' || isOpenInferenceAlone(attributes, convention)) return false
  if (policy === 'always') return attributes[CONVERSATION_ID] !== sessionId
  if (attributes[CONVERSATION_ID] !== undefined || attributes[LANGFUSE_SESSION_ID] !== undefined) return false
  return attributes[SESSION_BAGGAGE_KEY] === sessionId || !isOpenInference(attributes)
}

function write(span: AttributeTarget, key: string, value: string): void {
  const { attributes } = span
  const isRecording = span.isRecording()
  if (isRecording) span.setAttribute(key, value)
  if (attributes === undefined) return
  // setAttribute ignores a span that has ended, as in onEnd, and a span at its attributeCountLimit, which a long
  // conversation in OpenInference's flattened messages exceeds.
  if (!isRecording || (span.droppedAttributesCount !== 0 && attributes[key] === undefined))
    attributes[key] = value
}

import type { Attributes, AttributeValue } from '@opentelemetry/api'
import { SESSION_BAGGAGE_KEY } from './session-from-baggage.js'
import { isOpenInference, isOpenInferenceAlone, type SpanConvention } from './span-conventions.js'

/** When `gen_ai.conversation.id` is written. */
export type ConversationIdPolicy = 'when-absent' | 'always' | 'never'

/** The part of a span that is needed to write attributes. `attributes` is missing on dd-trace's OTel spans. */
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
 * Writes a session to a span, which may happen more than once in the life of the span: `session.id` to every span, and
 * `gen_ai.conversation.id` to one whose session LLM Observability reads there. At the end, `session_id` is written to
 * a span of LLM Observability whose `gen_ai.conversation.id` is not that session, since Datadog makes the session and
 * its tag of that attribute alone. An attribute of the application stays, except for `gen_ai.conversation.id` under
 * the policy `'always'`.
 *
 * @param isEnding whether the attributes of the span are complete
 * @param convention of the span, if LLM Observability shows it
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
 * A span that follows OpenInference too and has a `session.id` of the application, or a `langfuse.session.id`, gets no
 * `gen_ai.conversation.id` beside it: two session attributes would contradict each other.
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
  // setAttribute does nothing once a span has ended, which is when onEnd comes here, and nothing at the span's
  // attributeCountLimit, which a long conversation in OpenInference's flattened messages exceeds.
  if (!isRecording || (span.droppedAttributesCount !== 0 && attributes[key] === undefined))
    attributes[key] = value
}

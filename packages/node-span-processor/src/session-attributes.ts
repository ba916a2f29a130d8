import type { Attributes, AttributeValue } from '@opentelemetry/api'
import { SESSION_BAGGAGE_KEY } from './session-from-baggage.js'
import { conventionOf, keepsSessionIn, type SpanConvention } from './span-conventions.js'

/** When `gen_ai.conversation.id` is written. */
export type ConversationIdPolicy = 'when-absent' | 'always' | 'never'

/** The part of a span that is needed to write attributes. `attributes` is missing on dd-trace's OTel spans. */
export interface AttributeTarget {
  readonly attributes?: Attributes
  readonly droppedAttributesCount?: number
  isRecording(): boolean
  setAttribute(key: string, value: AttributeValue): unknown
}

/**
 * How far the session is written: the span does not show what it is; it does, but attributes that it gets later can
 * call for more; or nothing can be left to write.
 */
export type Progress = 'hidden' | 'shown' | 'complete'

const SESSION_TAG = 'session_id'
const CONVERSATION_ID = 'gen_ai.conversation.id'
const LANGFUSE_SESSION_ID = 'langfuse.session.id'

/**
 * Writes a session to a span: `session.id` to every span; to a span that LLM Observability shows `session_id` as
 * well, which becomes its `session_id:` tag; and `gen_ai.conversation.id` to one whose session LLM Observability reads
 * there. An attribute that is there already stays, save for `gen_ai.conversation.id` under the policy `'always'`.
 *
 * A span that by then follows OpenInference too, and has a `session.id` of the application's, gets no
 * `gen_ai.conversation.id`, and neither does one with a `langfuse.session.id`: two session attributes would contradict
 * each other, and ours might win. One that was written earlier stays, since to find it out at the end of every span
 * would take longer than the rest.
 *
 * @param convention the row that the span matches, where the caller knows it
 */
export function setSessionAttributes(
  span: AttributeTarget,
  sessionId: string,
  conversationId: ConversationIdPolicy,
  convention: SpanConvention | undefined = conventionOf(span.attributes),
): Progress {
  const { attributes } = span
  if (attributes === undefined) {
    if (span.isRecording()) span.setAttribute(SESSION_BAGGAGE_KEY, sessionId)
    return 'complete'
  }
  const own = attributes[SESSION_BAGGAGE_KEY]
  if (own === undefined) write(span, attributes, SESSION_BAGGAGE_KEY, sessionId)
  if (convention === undefined) return 'hidden'
  if (attributes[SESSION_TAG] === undefined) write(span, attributes, SESSION_TAG, sessionId)
  if (conversationId === 'never') return 'complete'
  if (convention.sessionAttribute !== CONVERSATION_ID && !keepsSessionIn(CONVERSATION_ID, attributes))
    return 'shown'
  if (conversationId === 'when-absent') {
    if (attributes[CONVERSATION_ID] !== undefined) return 'complete'
    if (own !== undefined && own !== sessionId && keepsSessionIn(SESSION_BAGGAGE_KEY, attributes))
      return 'shown'
    if (attributes[LANGFUSE_SESSION_ID] !== undefined) return 'shown'
  }
  write(span, attributes, CONVERSATION_ID, sessionId)
  return conversationId === 'always' ? 'shown' : 'complete'
}

function write(span: AttributeTarget, attributes: Attributes, key: string, value: string): void {
  const recording = span.isRecording()
  if (recording) span.setAttribute(key, value)
  // setAttribute does nothing once a span has ended, which is when onEnd comes here, and nothing at the span's
  // attributeCountLimit, which a long conversation in OpenInference's flattened messages exceeds.
  if (!recording || (span.droppedAttributesCount !== 0 && attributes[key] === undefined))
    attributes[key] = value
}

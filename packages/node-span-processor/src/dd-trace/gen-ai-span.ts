import { SESSION_BAGGAGE_KEY } from '../session-from-baggage.js'
import { isLlmObsSpan, keepsSessionIn } from '../span-conventions.js'
import { type DdSpan, isOtelApiSpan, SESSION_TRACE_TAG, spanTags, traceTags } from './internals.js'

/**
 * Gives a span made through dd-trace's OpenTelemetry API the session attributes that LlmObsSessionSpanProcessor gives
 * on the OpenTelemetry SDK, where they are absent. Done at the end of the span, when its attributes have shown what
 * it is.
 */
export function stampGenAiSpan(span: DdSpan): void {
  const sessionId = traceTags(span)?.[SESSION_TRACE_TAG]
  if (!sessionId || !isOtelApiSpan(span)) return
  const tags = spanTags(span)
  if (!tags || !isLlmObsSpan(tags)) return
  const attributes = [SESSION_BAGGAGE_KEY, 'session_id']
  if (keepsSessionIn('gen_ai.conversation.id', tags)) attributes.push('gen_ai.conversation.id')
  for (const attribute of attributes) {
    if (tags[attribute] === undefined) span.setTag(attribute, sessionId)
  }
}

import { setSessionAttributes } from '../session-attributes.js'
import { isLlmObsSpan } from '../span-conventions.js'
import { type DdSpan, isOtelApiSpan, SESSION_TRACE_TAG, spanTags, traceTags } from './internals.js'
import type { RequestSession } from './request-session.js'

/**
 * Gives a span made through dd-trace's OpenTelemetry API the session attributes that LlmObsSessionSpanProcessor gives
 * on the OpenTelemetry SDK, where they are absent. Called when the span ends, because its attributes show by then what
 * it is.
 */
export function stampGenAiSpan(span: DdSpan, requests: RequestSession): void {
  const sessionId = requests.accepted(traceTags(span)?.[SESSION_TRACE_TAG])
  if (!sessionId || !isOtelApiSpan(span)) return
  const attributes = spanTags(span)
  if (!attributes || !isLlmObsSpan(attributes)) return
  const target = {
    attributes,
    isRecording: () => true,
    setAttribute: (key: string, value: unknown) => span.setTag(key, value),
  }
  setSessionAttributes(target, sessionId, 'when-absent')
}

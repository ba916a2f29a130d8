import { setSessionAttributes } from '../session-attributes.js'
import { conventionOf } from '../span-conventions.js'
import { type DdSpan, isOtelApiSpan, spanTags, traceTags } from './internals.js'
import type { TraceSession } from './trace-session.js'

/**
 * Gives a span made through dd-trace's OpenTelemetry API the session attributes that LlmObsSessionSpanProcessor gives
 * on the OpenTelemetry SDK, where they are absent. Called when the span ends, because its attributes show by then what
 * it is.
 */
export function stampGenAiSpan(span: DdSpan, requests: TraceSession): void {
  if (!isOtelApiSpan(span)) return
  const attributes = spanTags(span)
  const convention = attributes && conventionOf(attributes)
  if (!convention) return
  const sessionId = requests.ofTrace(traceTags(span))
  if (!sessionId) return
  const target = {
    attributes,
    isRecording: () => true,
    setAttribute: (key: string, value: unknown) => span.setTag(key, value),
  }
  setSessionAttributes(target, sessionId, 'when-absent', true, convention)
}

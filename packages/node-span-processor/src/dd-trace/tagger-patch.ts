import {
  type DdSpan,
  type DdTracer,
  defaultSession,
  hasRecords,
  setLlmObsSession,
  TRACE_SESSION,
  type TraceTags,
  traceTags,
} from './internals.js'
import { replaceMethod } from './replace-method.js'
import type { TraceSession } from './trace-session.js'

/**
 * Wraps the method that registers every LLMObs span, until the returned function is called. The method itself resolves the
 * sessions of the application, the parent span and the upstream service. A span without any of these gets the session of
 * the request.
 *
 * @returns undefined if this version of dd-trace has no such method
 */
export function patchTagger(tracer: DdTracer, sessions: TraceSession): (() => void) | undefined {
  const tagger = tracer.llmobs?._tagger
  if (!hasRecords(tagger)) return undefined
  return replaceMethod(tagger, 'registerLLMObsSpan', (register, args, self) => {
    const [span, options] = args as [DdSpan, { sessionId?: unknown } | undefined]
    const shared = options?.sessionId ? undefined : sharedTrace(span)
    const before = shared && defaultSession(shared)
    const result = register()
    try {
      // The span may have made the session of its parent the default of the trace.
      if (shared) Object.assign(shared, before)
      const sessionId = sessions.sessionForSpan(traceTags(span))
      if (sessionId) setLlmObsSession(self as object, span, sessionId)
    } catch {
      // dd-trace has registered the span.
    }
    return result
  })
}

/** Returns the tags of a trace that does not belong to a single request. */
function sharedTrace(span: DdSpan): TraceTags | undefined {
  try {
    const tags = traceTags(span)
    return tags?.[TRACE_SESSION] === undefined ? tags : undefined
  } catch {
    return undefined
  }
}

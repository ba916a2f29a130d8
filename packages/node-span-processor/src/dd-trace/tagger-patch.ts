import {
  type DdSpan,
  type DdTracer,
  defaultSession,
  isRecorded,
  setLlmObsSession,
  TRACE_SESSION,
  type TraceTags,
  traceTags,
} from './internals.js'
import { replaceMethod } from './replace-method.js'
import type { TraceSession } from './trace-session.js'

/**
 * Wraps the method through which dd-trace registers every LLMObs span, its own and those of its integrations, until the
 * returned function is called. What the user, the parent span or the upstream service said is decided by the method
 * itself; only a span that is left without a session gets the request's.
 *
 * @returns nothing where the LLMObs of an unknown version has no such method
 */
export function patchTagger(tracer: DdTracer, sessions: TraceSession): (() => void) | undefined {
  const tagger = tracer.llmobs?._tagger
  if (!isRecorded(tagger)) return undefined
  return replaceMethod(tagger, 'registerLLMObsSpan', (register, args, self) => {
    const [span, options] = args as [DdSpan, { sessionId?: unknown } | undefined]
    const shared = options?.sessionId ? undefined : sharedTrace(span)
    const before = shared && defaultSession(shared)
    const result = register()
    try {
      // The span may have made its parent's session that of the whole trace.
      if (shared) Object.assign(shared, before)
      const sessionId = sessions.sessionForSpan(traceTags(span))
      if (sessionId) setLlmObsSession(self as object, span, sessionId)
    } catch {
      // The span stays as dd-trace registered it.
    }
    return result
  })
}

/** Tags of a trace that is of no one request. */
function sharedTrace(span: DdSpan): TraceTags | undefined {
  try {
    const tags = traceTags(span)
    return tags?.[TRACE_SESSION] === undefined ? tags : undefined
  } catch {
    return undefined
  }
}

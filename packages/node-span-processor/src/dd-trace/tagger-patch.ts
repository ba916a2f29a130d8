import {
  type DdSpan,
  type DdTracer,
  defaultSession,
  type LlmObsTagger,
  setLlmObsSession,
  TRACE_SESSION,
  type TraceTags,
  taggerPrototype,
  traceTags,
} from './internals.js'
import type { TraceSession } from './trace-session.js'

type Register = NonNullable<LlmObsTagger['registerLLMObsSpan']>

/**
 * Wraps the method through which dd-trace registers every LLMObs span, its own and those of its integrations. What the
 * user, the parent span or the upstream service said is decided by the method itself; only a span that is left without
 * a session gets the request's.
 */
export class TaggerPatch {
  readonly #requests: TraceSession
  #restore: (() => void) | undefined

  constructor(requests: TraceSession) {
    this.#requests = requests
  }

  /** Returns whether the patch is there, which the LLMObs of an unknown version may have no place for. */
  apply(tracer: DdTracer): boolean {
    if (this.#restore) return true
    const prototype = taggerPrototype(tracer)
    if (!prototype) return false
    const requests = this.#requests
    const original = prototype.registerLLMObsSpan as Register
    let active = true
    const patched: Register = function registerLLMObsSpan(this: LlmObsTagger, span, ...rest) {
      const shared = active ? sharedTrace(span, rest) : undefined
      const before = shared && defaultSession(shared)
      const result = original.call(this, span, ...rest)
      if (active) {
        try {
          // The span may have made its parent's session that of the whole trace.
          if (shared) Object.assign(shared, before)
          const sessionId = requests.ofTrace(traceTags(span))
          if (sessionId) setLlmObsSession(this, span, sessionId)
        } catch {
          // The span stays as dd-trace registered it.
        }
      }
      return result
    }
    prototype.registerLLMObsSpan = patched
    this.#restore = () => {
      active = false
      // Somebody who wrapped it after us keeps a method that does nothing more than the original.
      if (prototype.registerLLMObsSpan === patched) prototype.registerLLMObsSpan = original
    }
    return true
  }

  remove(): void {
    this.#restore?.()
    this.#restore = undefined
  }
}

/** Tags of a trace that is of no one request, unless the application gives the span a session itself. */
function sharedTrace(span: DdSpan, [options]: unknown[]): TraceTags | undefined {
  if ((options as { sessionId?: unknown } | undefined)?.sessionId) return undefined
  try {
    const tags = traceTags(span)
    return tags?.[TRACE_SESSION] === undefined ? tags : undefined
  } catch {
    return undefined
  }
}

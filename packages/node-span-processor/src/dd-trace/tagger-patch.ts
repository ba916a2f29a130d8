import {
  type DdTracer,
  type LlmObsTagger,
  SESSION_TRACE_TAG,
  setLlmObsSession,
  taggerPrototype,
  traceTags,
} from './internals.js'
import type { RequestSession } from './request-session.js'

type Register = NonNullable<LlmObsTagger['registerLLMObsSpan']>

/**
 * Wraps the method through which dd-trace registers every LLMObs span, its own and those of its integrations. What the
 * user, the parent span or the upstream service said is decided by the method itself; only a span that is left without
 * a session gets the request's.
 */
export class TaggerPatch {
  readonly #requests: RequestSession
  #restore: (() => void) | undefined

  constructor(requests: RequestSession) {
    this.#requests = requests
  }

  apply(tracer: DdTracer): void {
    if (this.#restore) return
    const prototype = taggerPrototype(tracer)
    if (!prototype) return
    const requests = this.#requests
    const original = prototype.registerLLMObsSpan as Register
    let active = true
    const patched: Register = function registerLLMObsSpan(this: LlmObsTagger, span, ...rest) {
      const result = original.call(this, span, ...rest)
      if (active) {
        try {
          const sessionId = requests.accepted(traceTags(span)?.[SESSION_TRACE_TAG]) ?? requests.current
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
  }

  remove(): void {
    this.#restore?.()
    this.#restore = undefined
  }
}

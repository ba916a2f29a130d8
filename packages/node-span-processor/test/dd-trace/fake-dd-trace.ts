import { channel } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'

/** The parts of dd-trace that the bridge uses. test/versions runs the bridge on the real one. */
export function fakeDdTrace({ enabled = true } = {}) {
  class Tagger {
    static tagMap = new WeakMap<object, Record<string, unknown>>()
    registerLLMObsSpan(span: object) {
      Tagger.tagMap.set(span, {})
    }
  }
  const llmobs = { enabled, _tagger: new Tagger() as object | undefined }
  const tracer = { llmobs, _tracer: { inject() {} } as object | undefined }
  const shared = globalThis as { _ddtrace?: unknown }
  return {
    llmobs,
    tracer,
    /** Registers an LLMObs span, and returns its session. */
    sessionOf(span: object): unknown {
      ;(llmobs._tagger as Tagger).registerLLMObsSpan(span)
      return Tagger.tagMap.get(span)?.['_ml_obs.session_id']
    },
    install(): () => void {
      const before = shared._ddtrace
      shared._ddtrace = tracer
      return () => {
        shared._ddtrace = before
      }
    },
  }
}

interface SpanOptions {
  integration?: string
  parent?: { _isRemote: boolean }
  parentId?: string
  trace?: { started: unknown[]; tags: Record<string, string> }
}

/** Publishes the start of a span as dd-trace does, and returns it with its trace. */
export function startSpan({
  integration = 'http',
  parent,
  parentId,
  trace = { started: [], tags: {} },
}: SpanOptions = {}) {
  const context = { _trace: trace, _parentId: parentId ?? null, _tags: {} }
  const span = { _integrationName: integration, setTag() {}, context: () => context }
  trace.started.push(span)
  channel('dd-trace:span:start').publish({ span, fields: parent ? { parent } : {} })
  return { span, trace }
}

/** Publishes the start of an HTTP request as Node does, and returns its response. */
export function startRequest(baggage?: string, method = 'GET'): EventEmitter {
  const response = new EventEmitter()
  channel('http.server.request.start').publish({ request: { method, headers: { baggage } }, response })
  return response
}

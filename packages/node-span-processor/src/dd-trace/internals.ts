import type { Attributes } from '@opentelemetry/api'

/**
 * Everything that the bridge knows about the inside of dd-trace, and nothing else: diagnostics channels, tag names,
 * private fields. Where a version lacks one of them the accessor answers `undefined` and the bridge leaves the span
 * alone. `npm run test:compat` uses every one on each supported version.
 */

/** Published in the constructor of every span: `{ span }`. */
export const SPAN_START_CHANNEL = 'dd-trace:span:start'

/** Published with the span at its end, before its tags are formatted for the agent. */
export const SPAN_FINISH_CHANNEL = 'dd-trace:span:finish'

/** Published for every outgoing carrier, with the finished carrier in the versions that need the bridge there. */
export const SPAN_INJECT_CHANNEL = 'dd-trace:span:inject'

/** Published by dd-trace's instrumentation of node:http2 servers: `{ req }`. */
export const HTTP2_REQUEST_CHANNEL = 'apm:http2:server:request:start'

/**
 * Trace tag with the session of the upstream service, sent on in `x-datadog-tags` and `tracestate`. LLMObs reads it
 * since dd-trace 5.114 and 6.3.
 */
export const SESSION_TRACE_TAG = '_dd.p.llmobs_sid'

/** Trace tag with the baggage member of the request, as dd-trace writes it by default (DD_TRACE_BAGGAGE_TAG_KEYS). */
export const BAGGAGE_TRACE_TAG = 'baggage.session.id'

/** Field of an LLMObs span's record that becomes its top-level `session_id` and its `session_id:` tag. */
const RECORD_SESSION = '_ml_obs.session_id'

type TraceTags = Record<string, string | undefined>
type LlmObsRecord = Record<string, unknown>

export interface DdSpan {
  setTag(key: string, value: unknown): unknown
  context(): DdSpanContext
  _integrationName?: string
}

interface DdSpanContext {
  _trace?: { tags?: TraceTags; started?: unknown[] }
  _tags?: Attributes
  getTags?(): Attributes
}

/** What is used of the tracer: the public API, and the two underscored members of its LLMObs SDK. */
export interface DdTracer {
  llmobs?: { enabled?: boolean; _tagger?: LlmObsTagger; _active?(): object | undefined }
  getBaggageItem?(key: string): string | undefined
  setBaggageItem?(key: string, value: string): unknown
  extract?(format: string, carrier: object): unknown
}

export interface LlmObsTagger {
  registerLLMObsSpan?(span: DdSpan, ...rest: unknown[]): unknown
}

/** dd-trace's tracer, when it is loaded: the object that `require('dd-trace')` returns. */
export function ddTracer(): DdTracer | undefined {
  return (globalThis as { _ddtrace?: DdTracer })._ddtrace
}

/** The tags that all spans of one trace share in this process. */
export function traceTags(span: DdSpan): TraceTags | undefined {
  return span.context()._trace?.tags
}

/** Whether the span is the first that this process has of its trace. */
export function isLocalRoot(span: DdSpan): boolean {
  const started = span.context()._trace?.started
  return started === undefined || started.length <= 1
}

/** Tags of one span, the attributes of a span made through the OpenTelemetry API. */
export function spanTags(span: DdSpan): Attributes | undefined {
  const context = span.context()
  return context.getTags?.() ?? context._tags
}

/** Whether the span was made through dd-trace's OpenTelemetry TracerProvider. */
export function isOtelApiSpan(span: DdSpan): boolean {
  return span._integrationName === undefined || span._integrationName.startsWith('otel')
}

/** The prototype whose registerLLMObsSpan every LLMObs span goes through, once LLMObs is there. */
export function taggerPrototype(tracer: DdTracer): LlmObsTagger | undefined {
  const tagger = tracer.llmobs?._tagger
  const prototype = tagger && Object.getPrototypeOf(tagger)
  return typeof prototype?.registerLLMObsSpan === 'function' ? prototype : undefined
}

function llmObsRecord(tagger: LlmObsTagger | undefined, span: object): LlmObsRecord | undefined {
  return (tagger?.constructor as { tagMap?: WeakMap<object, LlmObsRecord> } | undefined)?.tagMap?.get(span)
}

/** Gives an LLMObs span that was just registered a session, unless it has one. */
export function setLlmObsSession(tagger: LlmObsTagger, span: DdSpan, sessionId: string): void {
  const record = llmObsRecord(tagger, span)
  if (record && !record[RECORD_SESSION]) record[RECORD_SESSION] = sessionId
}

/** Session of the LLMObs span that is active now. */
export function activeLlmObsSession(tracer: DdTracer | undefined): unknown {
  const span = tracer?.llmobs?._active?.()
  return span && llmObsRecord(tracer?.llmobs?._tagger, span)?.[RECORD_SESSION]
}

import type { Attributes } from '@opentelemetry/api'
import { authorityOf } from '../outgoing-destination.js'
import { processState } from '../process-state.js'

/**
 * Everything that the bridge knows about the inside of dd-trace, and nothing else: diagnostics channels, tag names,
 * private fields. Where a version lacks one of them the accessor answers `undefined` and the bridge leaves the span
 * alone. `npm run test:versions` uses every one on each supported version.
 */

/** Published in the constructor of every span: {@link SpanStart}. */
export const SPAN_START_CHANNEL = 'dd-trace:span:start'

/** Published with the span at its end, before its tags are formatted for the agent. */
export const SPAN_FINISH_CHANNEL = 'dd-trace:span:finish'

/** Published for every carrier in which there is a context of an upstream service: `{ spanContext }`. */
export const SPAN_EXTRACT_CHANNEL = 'dd-trace:span:extract'

/** Published for every outgoing carrier: {@link Injection}. */
export const SPAN_INJECT_CHANNEL = 'dd-trace:span:inject'

/** Published by dd-trace's instrumentation of node:http2 servers: `{ req }`. */
export const HTTP2_REQUEST_CHANNEL = 'apm:http2:server:request:start'

/**
 * Trace tag with the session of the upstream service, sent on in `x-datadog-tags` and `tracestate`. LLMObs reads it
 * since dd-trace 5.114 and 6.3.
 */
export const SESSION_TRACE_TAG = '_dd.p.llmobs_sid'

/** The same in Datadog's member of `tracestate`. */
export const SESSION_TRACESTATE_FIELD = 't.llmobs_sid'

/** Trace tag with the baggage member of the request, as dd-trace writes it by default (DD_TRACE_BAGGAGE_TAG_KEYS). */
export const BAGGAGE_TRACE_TAG = 'baggage.session.id'

/** What the names of the trace tags that are sent on begin with. */
export const SENT_TRACE_TAG = '_dd.p.'

/**
 * Our own key beside the trace tags: session of the request or message that the trace belongs to, `null` when that one
 * has none, `undefined` for a trace begun outside of both. dd-trace reads and sends trace tags by their string keys.
 */
export const TRACE_SESSION = Symbol('rum-llmobs.session')

/** Where LLMObs keeps the session of a trace's first LLMObs span for those after it; {@link SESSION_TRACE_TAG} before. */
const DEFAULT_SESSION_TRACE_TAG = '_ml_obs.trace_session_id'

/** Field of an LLMObs span's record that becomes its top-level `session_id` and its `session_id:` tag. */
const RECORD_SESSION = '_ml_obs.session_id'

export type TraceTags = Record<string, string | undefined> & { [TRACE_SESSION]?: string | null | undefined }
type LlmObsRecord = Record<string, unknown>

export interface DdSpan {
  setTag(key: string, value: unknown): unknown
  context(): DdSpanContext
  _integrationName?: string
}

export interface DdSpanContext {
  _trace?: { tags?: TraceTags; started?: unknown[] }
  _tracestate?: TraceState
  _parentId?: unknown
  _tags?: Attributes
  getTags?(): Attributes
}

interface TraceState {
  get?(vendor: string): string | undefined
  forVendor?(vendor: string, change: (fields: Pick<Map<string, unknown>, 'get' | 'delete'>) => void): unknown
}

export interface SpanStart {
  span: DdSpan
  /** What the span was started with. Spans of the OpenTelemetry API name no parent here. */
  fields?: SpanFields
}

export interface SpanFields {
  parent?: { _isRemote?: boolean } | null
}

/** What is about to be sent: before dd-trace 5.132 and 6.21 the finished carrier, from there what to change in it. */
export interface Injection {
  carrier?: Record<string, unknown>
  spanContext?: DdSpanContext
  /** Names and values in turn, sent in place of the trace's tags; `undefined` keeps one from being sent. */
  traceTagReplacements?: unknown[]
  /** How many of the last ones are left out where they do not fit. */
  optionalTraceTagCount?: number
}

/** What is used of the tracer: the public API, the tracer behind it, and two underscored members of its LLMObs SDK. */
export interface DdTracer {
  _tracer?: object
  llmobs?: { enabled?: boolean; _tagger?: object; _active?(): object | undefined }
  getBaggageItem?(key: string): string | undefined
  setBaggageItem?(key: string, value: string): unknown
  extract?(format: string, carrier: object): unknown
  scope?(): { active(): DdSpan | null }
}

/** The global object of a realm, which is where dd-trace puts the object that `require('dd-trace')` returns. */
type Realm = typeof globalThis & { _ddtrace?: DdTracer }

/** Realms in which the bridge was asked for. None is kept alive but the one that made this object. */
class Realms {
  readonly #references = new Set<WeakRef<Realm>>()

  // Called from another realm, whose own WeakRef would lead back to that realm.
  add(added: Realm): void {
    for (const reference of this.#references) {
      const realm = reference.deref()
      if (realm === added) return
      if (realm === undefined) this.#references.delete(reference)
    }
    this.#references.add(new WeakRef(added))
  }

  /** dd-trace's tracer in one of them, the one with LLM Observability if there are several. */
  get tracer(): DdTracer | undefined {
    let found: DdTracer | undefined
    for (const reference of this.#references) {
      const tracer = reference.deref()?._ddtrace
      if (isLlmObsOn(tracer)) return tracer
      found ??= tracer
    }
    return found
  }
}

export const realms = processState('realms', () => new Realms())

/** Whether LLM Observability is on now; `llmobs.enable()` may turn it on later. */
export function isLlmObsOn(tracer: DdTracer | undefined): tracer is DdTracer {
  return Boolean(tracer?.llmobs?.enabled)
}

/** The tags that all spans of one trace share in this process. */
export function traceTags(span: DdSpan): TraceTags | undefined {
  return span.context()._trace?.tags
}

/** Whether the span's parent is a span of this process. */
export function hasLocalParent(fields: SpanFields | undefined): boolean {
  return fields?.parent?._isRemote === false
}

/** Whether the span's parent is in another process. */
export function hasRemoteParent(fields: SpanFields | undefined): boolean {
  return fields?.parent?._isRemote === true
}

/**
 * Whether the span, whose trace was not seen before, is its first here. After all spans of a trace were sent to the
 * agent, the next looks like a first one. Its parent tells, but a span of the OpenTelemetry API shows of a parent only
 * that there is one: it is not taken for the first then.
 */
export function isFirstSpan(span: DdSpan, fields: SpanFields | undefined): boolean {
  const { _trace, _parentId } = span.context()
  if (_trace?.started && _trace.started.length > 1) return false
  return Boolean(fields?.parent) || !_parentId
}

/** What {@link TRACE_SESSION} says of the trace whose span is active now. */
export function activeTraceSession(tracer: DdTracer): string | null | undefined {
  const span = tracer.scope?.().active()
  return span ? traceTags(span)?.[TRACE_SESSION] : undefined
}

/** Tags of one span, the attributes of a span made through the OpenTelemetry API. */
export function spanTags(span: DdSpan | DdSpanContext): Attributes | undefined {
  const context = 'context' in span ? span.context() : span
  return context.getTags?.() ?? context._tags
}

/**
 * Hosts that a client span names, with or without a port; dd-trace sets these tags before it injects. None for a span of
 * another kind: the URL of a server span holds what the caller wrote. `'queue'` for a message.
 */
export function destinationOf(span: DdSpan | DdSpanContext): string[] | 'queue' {
  const tags = spanTags(span) ?? {}
  if (tags['span.kind'] === 'producer') return 'queue'
  if (tags['span.kind'] !== 'client') return []
  const hosts = [tags['out.host'], tags['server.address']].filter((host) => typeof host === 'string')
  for (const url of [tags['http.url'], tags['url.full']]) {
    if (typeof url !== 'string') continue
    const authority = authorityOf(url)
    // dd-trace makes the URL from the host and the port, and puts no brackets around an IPv6 address.
    if (!hosts.includes(authority.replace(/:\d+$/, ''))) hosts.push(authority)
  }
  return hosts
}

/** Whether the span was made through dd-trace's OpenTelemetry TracerProvider. */
export function isOtelApiSpan(span: DdSpan): boolean {
  return span._integrationName === undefined || span._integrationName.startsWith('otel')
}

/** Takes a session that is refused out of what an upstream service sent, so that it is neither read nor sent on. */
export function refuseUpstreamSession(
  { _trace, _tracestate }: DdSpanContext,
  isRefused: (sessionId: unknown) => boolean,
): void {
  const tags = _trace?.tags
  if (tags?.[SESSION_TRACE_TAG] !== undefined && isRefused(tags[SESSION_TRACE_TAG]))
    delete tags[SESSION_TRACE_TAG]
  if (!_tracestate?.get?.('dd')?.includes(SESSION_TRACESTATE_FIELD)) return
  _tracestate.forVendor?.('dd', (fields) => {
    if (isRefused(fields.get(SESSION_TRACESTATE_FIELD))) fields.delete(SESSION_TRACESTATE_FIELD)
  })
}

/** Whether the records that the tagger keeps of LLMObs spans can be reached. */
export function isRecorded(tagger: object | undefined): boolean {
  return typeof recordsOf(tagger)?.get === 'function'
}

function recordsOf(tagger: object | undefined): WeakMap<object, LlmObsRecord> | undefined {
  return (tagger?.constructor as { tagMap?: WeakMap<object, LlmObsRecord> } | undefined)?.tagMap
}

/** Gives an LLMObs span that was just registered a session, unless it has one. */
export function setLlmObsSession(tagger: object, span: DdSpan, sessionId: string): void {
  const record = recordsOf(tagger)?.get(span)
  if (record && !record[RECORD_SESSION]) record[RECORD_SESSION] = sessionId
}

/** The session that a trace keeps for its LLMObs spans, under the names that the versions have for it. */
export function defaultSession(tags: TraceTags): TraceTags {
  return {
    [SESSION_TRACE_TAG]: tags[SESSION_TRACE_TAG],
    [DEFAULT_SESSION_TRACE_TAG]: tags[DEFAULT_SESSION_TRACE_TAG],
  }
}

/** Session of the LLMObs span that is active now. */
export function activeLlmObsSession(tracer: DdTracer | undefined): unknown {
  const span = tracer?.llmobs?._active?.()
  return span && recordsOf(tracer?.llmobs?._tagger)?.get(span)?.[RECORD_SESSION]
}

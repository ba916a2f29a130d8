import type { Attributes } from '@opentelemetry/api'
import { authorityOf } from '../outgoing-destination.js'
import { processState } from '../process-state.js'

/**
 * All internals of dd-trace that the bridge uses: diagnostics channels, tag names, private fields. If a version lacks one,
 * its accessor returns `undefined`, and the bridge does not change the span. `npm run test:versions` uses each on every
 * supported version.
 */

/** Published in the constructor of every span: {@link SpanStart}. */
export const SPAN_START_CHANNEL = 'dd-trace:span:start'

/** Published with a span at its end, before its tags are formatted for the agent. */
export const SPAN_FINISH_CHANNEL = 'dd-trace:span:finish'

/** Published for every carrier with the context of an upstream service: `{ spanContext }`. */
export const SPAN_EXTRACT_CHANNEL = 'dd-trace:span:extract'

/** Published for every outgoing carrier: {@link Injection}. */
export const SPAN_INJECT_CHANNEL = 'dd-trace:span:inject'

/** Published by dd-trace's instrumentation of node:http2 servers: `{ req }`. */
export const HTTP2_REQUEST_CHANNEL = 'apm:http2:server:request:start'

/**
 * Trace tag with the session of the upstream service, forwarded in `x-datadog-tags` and `tracestate`. LLMObs reads it
 * since dd-trace 5.114 and 6.3.
 */
export const SESSION_TRACE_TAG = '_dd.p.llmobs_sid'

/** {@link SESSION_TRACE_TAG} in Datadog's member of `tracestate`. */
export const SESSION_TRACESTATE_FIELD = 't.llmobs_sid'

/** Trace tag with the baggage entry `session.id`, which dd-trace writes by default (DD_TRACE_BAGGAGE_TAG_KEYS). */
export const BAGGAGE_TRACE_TAG = 'baggage.session.id'

/** Prefix of the trace tags that are forwarded. */
export const SENT_TRACE_TAG = '_dd.p.'

/**
 * Key of the bridge among the trace tags: session of the request or message of the trace, `null` if that has none,
 * `undefined` for a trace that started outside of both. dd-trace reads and sends string keys only.
 */
export const TRACE_SESSION = Symbol('rum-llmobs.session')

/** Session of the first LLMObs span of a trace, which later ones inherit. Older versions use {@link SESSION_TRACE_TAG}. */
const DEFAULT_SESSION_TRACE_TAG = '_ml_obs.trace_session_id'

/** Field of an LLMObs span that becomes its top-level `session_id` and its `session_id:` tag. */
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
  /** Options of startSpan. Spans of the OpenTelemetry API have no parent here. */
  fields?: SpanFields
}

export interface SpanFields {
  parent?: { _isRemote?: boolean } | null
}

/** An outgoing carrier. Before dd-trace 5.132 and 6.21 it is complete. Later versions publish changes to make in it. */
export interface Injection {
  carrier?: Record<string, unknown>
  spanContext?: DdSpanContext
  /** Alternating names and values, sent instead of the trace's tags. A tag with the value `undefined` is not sent. */
  traceTagReplacements?: unknown[]
  /** Number of replacements, from the end, that dd-trace omits if the header gets too long. */
  optionalTraceTagCount?: number
}

/** The tracer: its public API, the internal tracer, and two private members of its LLMObs SDK. */
export interface DdTracer {
  _tracer?: object
  llmobs?: { enabled?: boolean; _tagger?: object; _active?(): object | undefined }
  getBaggageItem?(key: string): string | undefined
  setBaggageItem?(key: string, value: string): unknown
  extract?(format: string, carrier: object): unknown
  scope?(): { active(): DdSpan | null }
}

/** The global object of a realm, in which dd-trace stores the object that `require('dd-trace')` returns. */
type Realm = typeof globalThis & { _ddtrace?: DdTracer }

/** Realms that called bridgeDdTrace. Only the realm that created this object is kept alive. */
class Realms {
  readonly #references = new Set<WeakRef<Realm>>()

  // Uses the WeakRef of the first realm. A WeakRef of the added realm would keep that realm alive.
  add(added: Realm): void {
    for (const reference of this.#references) {
      const realm = reference.deref()
      if (realm === added) return
      if (realm === undefined) this.#references.delete(reference)
    }
    this.#references.add(new WeakRef(added))
  }

  /** dd-trace's tracer, preferably one with LLM Observability. */
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

/** Whether LLM Observability is on. `llmobs.enable()` may turn it on later. */
export function isLlmObsOn(tracer: DdTracer | undefined): tracer is DdTracer {
  return Boolean(tracer?.llmobs?.enabled)
}

/** The tags that all spans of a trace share in this process. */
export function traceTags(span: DdSpan): TraceTags | undefined {
  return span.context()._trace?.tags
}

/** Whether the span's parent is in another process, undefined without a known parent. */
export function isParentRemote(fields: SpanFields | undefined): boolean | undefined {
  return fields?.parent?._isRemote
}

/**
 * Whether a span without a local parent is the first of its trace in this process. `started` is empty again once all
 * spans were sent to the agent. A span of the OpenTelemetry API shows only whether it has a parent, local or remote, so it
 * counts as first only without a parent.
 */
export function isFirstSpan(span: DdSpan, fields: SpanFields | undefined): boolean {
  const { _trace, _parentId } = span.context()
  if (_trace?.started && _trace.started.length > 1) return false
  return Boolean(fields?.parent) || !_parentId
}

export function activeTraceSession(tracer: DdTracer): string | null | undefined {
  const span = tracer.scope?.().active()
  return span ? traceTags(span)?.[TRACE_SESSION] : undefined
}

/** Tags of a span. They hold the attributes of a span of the OpenTelemetry API. */
export function spanTags(span: DdSpan | DdSpanContext): Attributes | undefined {
  const context = 'context' in span ? span.context() : span
  return context.getTags?.() ?? context._tags
}

/**
 * Returns the hosts that a client span names, with or without a port. dd-trace sets these tags before it injects. Returns
 * `'queue'` for a producer span, and no host for other kinds: the URL of a server span is written by the caller.
 */
export function destinationOf(span: DdSpan | DdSpanContext): string[] | 'queue' {
  const tags = spanTags(span) ?? {}
  if (tags['span.kind'] === 'producer') return 'queue'
  if (tags['span.kind'] !== 'client') return []
  const hosts = [tags['out.host'], tags['server.address']].filter((host) => typeof host === 'string')
  for (const url of [tags['http.url'], tags['url.full']]) {
    if (typeof url !== 'string') continue
    const authority = authorityOf(url)
    // dd-trace builds the URL from host and port, without brackets around an IPv6 address.
    if (!hosts.includes(authority.replace(/:\d+$/, ''))) hosts.push(authority)
  }
  return hosts
}

/** Whether the span comes from dd-trace's OpenTelemetry TracerProvider. */
export function isOtelApiSpan(span: DdSpan): boolean {
  return span._integrationName === undefined || span._integrationName.startsWith('otel')
}

/** Deletes a refused session of an upstream service, so that it is neither read nor forwarded. */
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

/** Whether the tagger has the records of LLMObs spans that the bridge writes to. */
export function hasRecords(tagger: object | undefined): boolean {
  return typeof recordsOf(tagger)?.get === 'function'
}

function recordsOf(tagger: object | undefined): WeakMap<object, LlmObsRecord> | undefined {
  return (tagger?.constructor as { tagMap?: WeakMap<object, LlmObsRecord> } | undefined)?.tagMap
}

/** Sets the session of a registered LLMObs span that has none. */
export function setLlmObsSession(tagger: object, span: DdSpan, sessionId: string): void {
  const record = recordsOf(tagger)?.get(span)
  if (record && !record[RECORD_SESSION]) record[RECORD_SESSION] = sessionId
}

/** The session that LLMObs spans of a trace inherit, under the tag names of all versions. */
export function defaultSession(tags: TraceTags): TraceTags {
  return {
    [SESSION_TRACE_TAG]: tags[SESSION_TRACE_TAG],
    [DEFAULT_SESSION_TRACE_TAG]: tags[DEFAULT_SESSION_TRACE_TAG],
  }
}

export function activeLlmObsSession(tracer: DdTracer | undefined): unknown {
  const span = tracer?.llmobs?._active?.()
  return span && recordsOf(tracer?.llmobs?._tagger)?.get(span)?.[RECORD_SESSION]
}

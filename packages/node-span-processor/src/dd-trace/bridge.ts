import { diag } from '@opentelemetry/api'
import type { HostRule } from '../first-party-hosts.js'
import { guardOutgoingRequests } from '../outgoing-requests.js'
import type { Emitter, WithHeaders } from '../request-session.js'
import { subscribeSafely } from '../safe-subscription.js'
import { setSessionAttributes } from '../session-attributes.js'
import { conventionOf } from '../span-conventions.js'
import { warnOnce } from '../warn-once.js'
import {
  type DdSpan,
  type DdSpanContext,
  type DdTracer,
  HTTP2_REQUEST_CHANNEL,
  type Injection,
  isFirstSpan,
  isLlmObsOn,
  isOtelApiSpan,
  isParentRemote,
  realms,
  refuseUpstreamSession,
  SESSION_TRACE_TAG,
  SPAN_EXTRACT_CHANNEL,
  SPAN_FINISH_CHANNEL,
  SPAN_INJECT_CHANNEL,
  SPAN_START_CHANNEL,
  type SpanStart,
  spanTags,
  TRACE_SESSION,
  traceTags,
} from './internals.js'
import { guardInjection, hasRoomFor, removeSession, sendSession } from './outgoing-session.js'
import { patchTagger } from './tagger-patch.js'
import type { TraceSession } from './trace-session.js'

// A single failure may have any cause. An unknown version of dd-trace fails every time.
const MAX_FAILURES_IN_A_ROW = 3

const UNKNOWN_VERSION = 'this version of dd-trace is not known'

/**
 * Gives dd-trace's LLMObs spans the session of their request, and withholds it from third-party hosts, until the returned
 * function is called.
 *
 * The first span of a trace gets the session as a trace tag, which LLMObs spans of the trace and of the next service
 * inherit. LLMObs spans that inherit none get it when they are registered: with dd-trace before 5.114 and 6.3, and in a
 * trace that started outside of the request.
 */
export function startBridge(sessions: TraceSession, isFirstParty: HostRule): () => void {
  const log = diag.createComponentLogger({ namespace: '@rum-llmobs/node-span-processor/dd-trace' })
  const logged = new Set<string>()
  const undo: (() => void)[] = []
  const prepared = new WeakSet<DdTracer>()
  let watchesInjections = false
  let watchesSpanEnds = false

  function logOnce(message: string): void {
    if (logged.has(message)) return
    logged.add(message)
    log.debug(message)
  }

  function stop(): void {
    for (const each of undo.splice(0)) each()
  }

  function follow<Message>(channel: string, listener: (message: Message) => void): void {
    let failures = 0
    const succeed = (message: Message) => {
      listener(message)
      failures = 0
    }
    const fail = () => {
      failures += 1
      if (failures < MAX_FAILURES_IN_A_ROW) return
      stop()
      warnOnce(`${UNKNOWN_VERSION}: spans get no session`)
    }
    undo.push(subscribeSafely(channel, succeed, fail))
  }

  function isOn(): boolean {
    const tracer = realms.tracer
    if (!isLlmObsOn(tracer)) return false
    prepare(tracer)
    return true
  }

  function prepare(tracer: DdTracer): void {
    if (prepared.has(tracer)) return
    prepared.add(tracer)
    const [unpatch, unguard] = [patchTagger(tracer, sessions), guardInjection(tracer, isFirstParty)]
    if (!unpatch) warnOnce(`${UNKNOWN_VERSION}: some spans get no session`)
    if (!unguard) warnOnce(`${UNKNOWN_VERSION}: it sends the session to every host`)
    undo.push(...[unpatch, unguard].filter((each) => each !== undefined))
    if (watchesInjections) return
    watchesInjections = true
    undo.push(guardOutgoingRequests({ isFirstParty, clean: removeSession }))
    // LLMObs subscribed when it was enabled. The bridge must come after it.
    follow(SPAN_INJECT_CHANNEL, (injection: Injection) => sendSession(injection, realms.tracer))
  }

  function onExtract({ spanContext }: { spanContext: DdSpanContext }): void {
    if (isOn()) refuseUpstreamSession(spanContext, (value) => sessions.accepted(value) === undefined)
  }

  function onSpanStart({ span, fields }: SpanStart): void {
    if (isParentRemote(fields) === false) return
    const tracer = realms.tracer
    if (!isLlmObsOn(tracer)) {
      logOnce('LLM Observability is off in dd-trace: spans get no session')
      return
    }
    // Most applications have no OpenTelemetry spans, and need no call at the end of every span.
    if (!watchesSpanEnds && isOtelApiSpan(span)) {
      watchesSpanEnds = true
      follow(SPAN_FINISH_CHANNEL, (ended: DdSpan) => writeSessionAttributes(ended, sessions))
    }
    const tags = traceTags(span)
    if (!tags) {
      warnOnce(`${UNKNOWN_VERSION}: spans get no session`)
      return
    }
    prepare(tracer)
    if (TRACE_SESSION in tags || !isFirstSpan(span, fields)) return
    const sessionId = sessions.sessionForNewTrace(tags, fields, tracer)
    tags[TRACE_SESSION] = sessionId
    if (sessionId && !tags[SESSION_TRACE_TAG] && hasRoomFor(sessionId, tags)) {
      tags[SESSION_TRACE_TAG] = sessionId
    }
  }

  undo.push(sessions.requests.use(isOn))
  follow(HTTP2_REQUEST_CHANNEL, ({ req }: { req: WithHeaders & Emitter & { stream: Emitter } }) =>
    sessions.requests.enter(req, req.stream, req),
  )
  follow(SPAN_EXTRACT_CHANNEL, onExtract)
  follow(SPAN_START_CHANNEL, onSpanStart)
  if (!realms.tracer) logOnce('dd-trace is not loaded: spans get a session once it is')
  return stop
}

/**
 * Writes the session attributes of LlmObsSessionSpanProcessor to a span of dd-trace's OpenTelemetry API. Called when the
 * span ends, because its attributes are complete then.
 */
export function writeSessionAttributes(span: DdSpan, sessions: TraceSession): void {
  if (!isOtelApiSpan(span)) return
  const attributes = spanTags(span)
  const convention = attributes && conventionOf(attributes)
  if (!convention) return
  const sessionId = sessions.sessionForSpan(traceTags(span))
  if (!sessionId) return
  const target = {
    attributes,
    isRecording: () => true,
    setAttribute: (key: string, value: unknown) => span.setTag(key, value),
  }
  setSessionAttributes(target, sessionId, 'when-absent', true, convention)
}

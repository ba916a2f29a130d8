import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { diag } from '@opentelemetry/api'
import type { HostRule } from '../first-party-hosts.js'
import { guardOutgoingRequests } from '../outgoing-requests.js'
import type { Emitter, WithHeaders } from '../request-session.js'
import { setSessionAttributes } from '../session-attributes.js'
import { conventionOf } from '../span-conventions.js'
import { warnOnce } from '../warn-once.js'
import {
  type DdSpan,
  type DdSpanContext,
  type DdTracer,
  HTTP2_REQUEST_CHANNEL,
  hasLocalParent,
  type Injection,
  isFirstSpan,
  isLlmObsOn,
  isOtelApiSpan,
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

// One odd message may have an odd cause; a dd-trace that is not as expected fails every time.
const FAILURES_IN_A_ROW = 3

const UNKNOWN = 'this version of dd-trace is not known'

/**
 * Carries the session of each incoming request to dd-trace's LLMObs spans, and keeps it from hosts that are not the
 * user's, until the returned function is called.
 *
 * The first span of a trace gets the session as a trace tag, which LLMObs spans of that trace and of the next service
 * inherit. LLMObs spans that inherit none (dd-trace before 5.114 and 6.3, or a trace begun outside of the request) get
 * it when they are registered.
 */
export function startBridge(sessions: TraceSession, isOwnHost: HostRule): () => void {
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

  /** A subscriber that throws would be an uncaughtException of the application. */
  function follow<Message>(channel: string, subscriber: (message: Message) => void): void {
    let failures = 0
    const guarded = (message: unknown): void => {
      try {
        subscriber(message as Message)
        failures = 0
      } catch {
        failures += 1
        if (failures < FAILURES_IN_A_ROW) return
        stop()
        warnOnce(`${UNKNOWN}: spans get no session`)
      }
    }
    subscribe(channel, guarded)
    undo.push(() => unsubscribe(channel, guarded))
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
    const [unpatch, unguard] = [patchTagger(tracer, sessions), guardInjection(tracer, isOwnHost)]
    if (!unpatch) warnOnce(`${UNKNOWN}: some spans get no session`)
    if (!unguard) warnOnce(`${UNKNOWN}: it sends the session to every host`)
    undo.push(...[unpatch, unguard].filter((each) => each !== undefined))
    if (watchesInjections) return
    watchesInjections = true
    undo.push(guardOutgoingRequests({ isFirstParty: isOwnHost, clean: removeSession }))
    // Only now, to come after LLMObs itself, which subscribed when it was enabled.
    follow(SPAN_INJECT_CHANNEL, (injection: Injection) => sendSession(injection, realms.tracer))
  }

  function onExtract({ spanContext }: { spanContext: DdSpanContext }): void {
    if (isOn()) refuseUpstreamSession(spanContext, (value) => sessions.accepted(value) === undefined)
  }

  function onSpanStart({ span, fields }: SpanStart): void {
    if (hasLocalParent(fields)) return
    const tracer = realms.tracer
    if (!isLlmObsOn(tracer)) {
      logOnce('LLM Observability is off in dd-trace: spans get no session')
      return
    }
    // Applications without OpenTelemetry spans, most of them, do not pay for the end of every span.
    if (!watchesSpanEnds && isOtelApiSpan(span)) {
      watchesSpanEnds = true
      follow(SPAN_FINISH_CHANNEL, (ended: DdSpan) => stampGenAiSpan(ended, sessions))
    }
    const tags = traceTags(span)
    if (!tags) {
      warnOnce(`${UNKNOWN}: spans get no session`)
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
 * Gives a span made through dd-trace's OpenTelemetry API the session attributes that LlmObsSessionSpanProcessor gives
 * on the OpenTelemetry SDK, where they are absent. Called when the span ends, because its attributes show by then what
 * it is.
 */
export function stampGenAiSpan(span: DdSpan, sessions: TraceSession): void {
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

import { diag } from '@opentelemetry/api'
import { type Emitter, RequestSession, type WithHeaders } from '../request-session.js'
import { ChannelSubscriptions } from './channel-subscriptions.js'
import { stampGenAiSpan } from './gen-ai-span.js'
import {
  type DdSpan,
  type DdTracer,
  ddTracer,
  HTTP2_REQUEST_CHANNEL,
  hasLocalParent,
  type Injection,
  isFirstSpan,
  isLlmObsOn,
  isOtelApiSpan,
  SESSION_TRACE_TAG,
  SPAN_FINISH_CHANNEL,
  SPAN_INJECT_CHANNEL,
  SPAN_START_CHANNEL,
  type SpanStart,
  TRACE_SESSION,
  traceTags,
} from './internals.js'
import { hasRoomFor, sendSession } from './outgoing-session.js'
import { TaggerPatch } from './tagger-patch.js'
import type { TraceSession } from './trace-session.js'

/**
 * Carries the session of each incoming request to dd-trace's LLMObs spans, until the returned function is called.
 *
 * The first span of a trace gets the session as a trace tag, which LLMObs spans of that trace and of the next service
 * inherit. LLMObs spans that inherit none (dd-trace before 5.114 and 6.3, or a trace begun outside of the request) get
 * it when they are registered.
 */
export function startBridge(requests: TraceSession): () => void {
  const log = diag.createComponentLogger({ namespace: '@rum-llmobs/node-span-processor/dd-trace' })
  const said = new Set<string>()
  const tagger = new TaggerPatch(requests)
  let watchesSpanEnds = false
  let watchesInjections = false

  function sayOnce(message: string): void {
    if (said.has(message)) return
    said.add(message)
    log.debug(message)
  }

  function isOn(): boolean {
    const tracer = ddTracer()
    if (!isLlmObsOn(tracer)) return false
    prepare(tracer)
    return true
  }

  function prepare(tracer: DdTracer): void {
    if (!tagger.apply(tracer)) sayOnce("dd-trace's LLMObs is not as expected: some spans get no session")
    if (watchesInjections) return
    watchesInjections = true
    // Only now, to come after LLMObs itself, which subscribed when it was enabled.
    subscriptions.add(SPAN_INJECT_CHANNEL, (injection: Injection) => sendSession(injection, ddTracer()))
  }

  function onSpanStart({ span, fields }: SpanStart): void {
    if (hasLocalParent(fields)) return
    const tracer = ddTracer()
    if (!isLlmObsOn(tracer)) {
      sayOnce('LLM Observability is off in dd-trace: spans get no session')
      return
    }
    // Applications without OpenTelemetry spans, most of them, do not pay for the end of every span.
    if (!watchesSpanEnds && isOtelApiSpan(span)) {
      watchesSpanEnds = true
      subscriptions.add(SPAN_FINISH_CHANNEL, (ended: DdSpan) => stampGenAiSpan(ended, requests))
    }
    const tags = traceTags(span)
    if (!tags) {
      sayOnce('this version of dd-trace is not known: spans get no session')
      return
    }
    prepare(tracer)
    if (TRACE_SESSION in tags || !isFirstSpan(span, fields)) return
    const sessionId = requests.ofRoot(tags, fields, tracer)
    tags[TRACE_SESSION] = sessionId
    if (sessionId && !tags[SESSION_TRACE_TAG] && hasRoomFor(sessionId, tags)) {
      tags[SESSION_TRACE_TAG] = sessionId
    }
  }

  function stop(): void {
    subscriptions.removeAll()
    tagger.remove()
    stopRequests()
  }

  const subscriptions = new ChannelSubscriptions(() => {
    stop()
    sayOnce('dd-trace is not as expected: spans get no session')
  })
  const requestSession = RequestSession.ofProcess()
  const stopRequests = requestSession.use(isOn)
  subscriptions.add(HTTP2_REQUEST_CHANNEL, ({ req }: { req: WithHeaders & Emitter & { stream: Emitter } }) =>
    requestSession.enter(req, req.stream, req),
  )
  subscriptions.add(SPAN_START_CHANNEL, onSpanStart)
  if (!ddTracer()) sayOnce('dd-trace is not loaded: spans get a session once it is')
  return stop
}

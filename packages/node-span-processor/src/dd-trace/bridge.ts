import { diag } from '@opentelemetry/api'
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
import type { IncomingRequest, RequestSession } from './request-session.js'
import { TaggerPatch } from './tagger-patch.js'

/**
 * Carries the session of each incoming request to dd-trace's LLMObs spans, until the returned function is called.
 *
 * The first span of a trace gets the session as a trace tag, which LLMObs spans of that trace and of the next service
 * inherit. LLMObs spans that inherit none (dd-trace before 5.114 and 6.3, or a trace begun outside of the request) get
 * it when they are registered.
 */
export function startBridge(requests: RequestSession): () => void {
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

  function onRequest(request: IncomingRequest, bindsEvents?: boolean): void {
    // Where there is nothing to serve, AsyncLocalStorage is left alone: before Node 24 its first use slows every
    // promise of the process. A connection that carried a session must forget it all the same.
    const tracer = ddTracer()
    if (isLlmObsOn(tracer)) prepare(tracer)
    else if (requests.current === undefined) return
    requests.enter(request, bindsEvents)
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
    requests.stop()
  }

  const subscriptions = new ChannelSubscriptions(() => {
    stop()
    sayOnce('dd-trace is not as expected: spans get no session')
  })
  subscriptions.add('http.server.request.start', ({ request }: { request: IncomingRequest }) =>
    onRequest(request),
  )
  // The events of an HTTP/2 stream come without the async context of the request, whatever the version of Node.
  subscriptions.add(HTTP2_REQUEST_CHANNEL, ({ req }: { req: IncomingRequest }) => onRequest(req, true))
  subscriptions.add(SPAN_START_CHANNEL, onSpanStart)
  if (!ddTracer()) sayOnce('dd-trace is not loaded: spans get a session once it is')
  return stop
}

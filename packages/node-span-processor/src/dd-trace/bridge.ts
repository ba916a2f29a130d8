import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { diag } from '@opentelemetry/api'
import { stampGenAiSpan } from './gen-ai-span.js'
import {
  activeLlmObsSession,
  type DdSpan,
  ddTracer,
  HTTP2_REQUEST_CHANNEL,
  isLocalRoot,
  isOtelApiSpan,
  SESSION_TRACE_TAG,
  SPAN_FINISH_CHANNEL,
  SPAN_INJECT_CHANNEL,
  SPAN_START_CHANNEL,
  traceTags,
} from './internals.js'
import { replaceSession } from './outgoing-session.js'
import { fitsTraceTag, type IncomingRequest, type RequestSession } from './request-session.js'
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

  function sayOnce(message: string): void {
    if (said.has(message)) return
    said.add(message)
    log.debug(message)
  }

  function onSpanStart({ span }: { span: DdSpan }): void {
    // Applications without OpenTelemetry spans, most of them, do not pay for the end of every span.
    if (!watchesSpanEnds && isOtelApiSpan(span)) {
      watchesSpanEnds = true
      subscribe(SPAN_FINISH_CHANNEL, onSpanFinish)
    }
    if (!isLocalRoot(span)) return
    const tracer = ddTracer()
    const tags = traceTags(span)
    if (!tracer?.llmobs?.enabled) {
      sayOnce('LLM Observability is off in dd-trace: spans get no session')
    } else if (!tags) {
      sayOnce('this version of dd-trace is not known: spans get no session')
    } else {
      tagger.apply(tracer)
      const sessionId = tags[SESSION_TRACE_TAG] ? undefined : requests.ofRoot(span, tracer)
      if (sessionId !== undefined) tags[SESSION_TRACE_TAG] = sessionId
    }
  }

  function onInject({ carrier }: { carrier?: Record<string, unknown> }): void {
    // Newer versions publish no carrier here and send the session of the active LLMObs span themselves.
    if (!carrier) return
    const sessionId = activeLlmObsSession(ddTracer())
    if (fitsTraceTag(sessionId)) replaceSession(carrier, sessionId)
  }

  // An exception in a subscriber becomes an uncaughtException of the application.
  function guarded<Message>(subscriber: (message: Message) => void) {
    return (message: unknown): void => {
      try {
        subscriber(message as Message)
      } catch {
        sayOnce('dd-trace is not as expected: some spans get no session')
      }
    }
  }

  let watchesSpanEnds = false
  const onSpanFinish = guarded((span: DdSpan) => stampGenAiSpan(span, requests))
  const subscribers = [
    [
      'http.server.request.start',
      guarded(({ request }: { request: IncomingRequest }) => requests.enter(request)),
    ],
    [HTTP2_REQUEST_CHANNEL, guarded(({ req }: { req: IncomingRequest }) => requests.enter(req))],
    [SPAN_START_CHANNEL, guarded(onSpanStart)],
    [SPAN_INJECT_CHANNEL, guarded(onInject)],
  ] as const
  for (const [channel, subscriber] of subscribers) subscribe(channel, subscriber)
  if (!ddTracer()) sayOnce('dd-trace is not loaded: spans get a session once it is')

  return () => {
    for (const [channel, subscriber] of subscribers) unsubscribe(channel, subscriber)
    unsubscribe(SPAN_FINISH_CHANNEL, onSpanFinish)
    tagger.remove()
    requests.stop()
  }
}

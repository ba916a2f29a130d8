import { headersOf, removeRumMembers, rewriteHeader } from '../carrier-baggage.js'
import { type HostRule, warnWithheld } from '../first-party-hosts.js'
import {
  activeLlmObsSession,
  type DdSpan,
  type DdSpanContext,
  type DdTracer,
  destinationOf,
  type Injection,
  SENT_TRACE_TAG,
  SESSION_TRACE_TAG,
  SESSION_TRACESTATE_FIELD,
  type TraceTags,
} from './internals.js'
import { replaceMethod } from './replace-method.js'
import { fitsTraceTag } from './trace-session.js'

const DATADOG_TAGS = 'x-datadog-tags'
const TAG = `${SESSION_TRACE_TAG}=`
const TRACESTATE_TAG = `${SESSION_TRACESTATE_FIELD}:`

// Default of DD_TRACE_X_DATADOG_TAGS_MAX_LENGTH. This or the next service drops a longer header as a whole.
const MAX_TAGS_LENGTH = 512

// LLMObs adds parent id, trace id, application and sampling to the header later.
const RESERVED_LENGTH = 200

// dd-trace's formats of requests and messages.
const SENT_FORMATS: unknown[] = ['http_headers', 'text_map']

type Carrier = Record<string, unknown>
type Sender = DdSpan | DdSpanContext | null

/**
 * Wraps the method that writes every outgoing carrier, until the returned function is called. Removes the session, and
 * RUM's user and account beside it, from a carrier for a third-party or unknown host. The message of a producer span keeps
 * them.
 *
 * @returns undefined if this version of dd-trace has no such method
 */
export function guardInjection(tracer: DdTracer, isFirstParty: HostRule): (() => void) | undefined {
  return replaceMethod(tracer._tracer, 'inject', (inject, [span, format, carrier]) => {
    const injected = inject()
    try {
      if (SENT_FORMATS.includes(format))
        withhold((injected ?? carrier) as Carrier, span as Sender, isFirstParty)
    } catch {
      // An unknown kind of span or carrier.
    }
    return injected
  })
}

function withhold(carrier: Carrier, span: Sender, isFirstParty: HostRule): void {
  const destination = span ? destinationOf(span) : []
  if (destination === 'queue') return
  const hosts = [...destination, ...headersOf(carrier, 'host'), ...headersOf(carrier, ':authority')]
  const thirdParty = hosts.find((host) => !isFirstParty(host))
  if (hosts.length > 0 && thirdParty === undefined) return
  if (removeSession(carrier) && thirdParty !== undefined) warnWithheld(thirdParty)
}

/**
 * Removes the session from a carrier for a third-party host, which may be the target of a redirect: dd-trace injects for the
 * first host only.
 *
 * @returns whether there was a session
 */
export function removeSession(carrier: unknown): boolean {
  const wasTagged = replaceSession(carrier, undefined)
  return removeRumMembers(carrier, wasTagged) || wasTagged
}

/** Whether a session fits into the header beside the other trace tags, which a client may have written. */
export function hasRoomFor(sessionId: string, tags: TraceTags): boolean {
  return sentLength(tags) + TAG.length + sessionId.length < MAX_TAGS_LENGTH - RESERVED_LENGTH
}

/**
 * Writes the session of the active LLMObs span, which may come from the application, into the outgoing trace headers. If
 * it cannot be sent, removes the session: neither another session nor the loss of other trace tags is acceptable.
 */
export function sendSession(injection: Injection, tracer: DdTracer | undefined): void {
  const { carrier } = injection
  if (carrier) {
    const sessionId = activeLlmObsSession(tracer)
    if (sessionId) replaceSession(carrier, fitsTraceTag(sessionId) ? sessionId : undefined)
  } else {
    dropTooLongSession(injection)
  }
}

/**
 * Replaces the session in outgoing trace headers, or removes it.
 *
 * @returns whether a header has changed
 */
export function replaceSession(carrier: unknown, sessionId: string | undefined): boolean {
  const hasChanged = rewriteHeader(carrier, DATADOG_TAGS, (tags) => tagsWith(sessionId, tags))
  return rewriteHeader(carrier, 'tracestate', (state) => tracestateWith(sessionId, state)) || hasChanged
}

function tagsWith(sessionId: string | undefined, tags: string): string {
  const members = tags.split(',').filter((member) => !member.trimStart().startsWith(TAG))
  const others = members.join()
  const header = [others, ...(sessionId === undefined ? [] : [TAG + sessionId])].filter(Boolean).join()
  return header.length <= MAX_TAGS_LENGTH ? header : others
}

function tracestateWith(sessionId: string | undefined, tracestate: string): string {
  if (!tracestate.includes(TRACESTATE_TAG)) return tracestate
  const members = tracestate.split(',').map((member) => {
    if (!member.trimStart().startsWith('dd=')) return member
    const start = member.indexOf('=') + 1
    const fields = member.slice(start).split(';')
    const isSession = (field: string) => field.trimStart().startsWith(TRACESTATE_TAG)
    const index = fields.findIndex(isSession)
    if (index === -1) return member
    const others = fields.filter((field) => !isSession(field))
    if (sessionId !== undefined) others.splice(index, 0, TRACESTATE_TAG + sessionId)
    return member.slice(0, start) + others.join(';')
  })
  return members.join()
}

function dropTooLongSession(injection: Injection): void {
  const tags = injection.spanContext?._trace?.tags
  if (!tags) return
  const { traceTagReplacements: replacements = [], optionalTraceTagCount = 0 } = injection
  const index = replacements.indexOf(SESSION_TRACE_TAG)
  if (index === -1 && !tags[SESSION_TRACE_TAG]) return
  if (sentLength(tags, replacements, 2 * optionalTraceTagCount) <= MAX_TAGS_LENGTH) return
  if (index === -1) injection.traceTagReplacements = [SESSION_TRACE_TAG, undefined, ...replacements]
  else replacements[index + 1] = undefined
}

/** @param optional number of items at the end of the replacements that dd-trace omits if they do not fit */
function sentLength(tags: TraceTags, replacements: unknown[] = [], optional = 0): number {
  let length = 0
  for (const key of Object.keys(tags)) {
    if (!replacements.includes(key)) length += memberLength(key, tags[key])
  }
  for (let index = 0; index < replacements.length - optional; index += 2) {
    length += memberLength(replacements[index], replacements[index + 1])
  }
  return length - 1
}

function memberLength(key: unknown, value: unknown): number {
  if (!value || typeof key !== 'string' || !key.startsWith(SENT_TRACE_TAG)) return 0
  return key.length + String(value).length + ',='.length
}

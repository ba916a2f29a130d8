import {
  activeLlmObsSession,
  type DdTracer,
  type Injection,
  SENT_TRACE_TAG,
  SESSION_TRACE_TAG,
  type TraceTags,
} from './internals.js'
import { fitsTraceTag } from './trace-session.js'

const DATADOG_TAGS = 'x-datadog-tags'
const TAG = `${SESSION_TRACE_TAG}=`
const TRACESTATE_TAG = `t.${SESSION_TRACE_TAG.slice(SENT_TRACE_TAG.length)}:`

// Default of DD_TRACE_X_DATADOG_TAGS_MAX_LENGTH. A longer header is dropped as a whole, by this or the next service.
const MAX_TAGS_LENGTH = 512

// For what LLMObs adds to the header later: parent id, trace id, application and sampling.
const RESERVED_LENGTH = 200

/** Whether a session can be sent beside the tags that the trace has, most of which a client may have written. */
export function hasRoomFor(sessionId: string, tags: TraceTags): boolean {
  return sentLength(tags) + TAG.length + sessionId.length < MAX_TAGS_LENGTH - RESERVED_LENGTH
}

/**
 * Sends the session of the active LLMObs span, which may be one of the application. Where it cannot be sent, none is:
 * neither another one, nor one that costs the other trace tags.
 */
export function sendSession(injection: Injection, tracer: DdTracer | undefined): void {
  const { carrier } = injection
  if (carrier) {
    const sessionId = activeLlmObsSession(tracer)
    if (sessionId) replaceSession(carrier, fitsTraceTag(sessionId) ? sessionId : undefined)
  } else {
    leaveOutTooLong(injection)
  }
}

/** Writes another session, or none, into the trace headers of an outgoing request. */
export function replaceSession(carrier: Record<string, unknown>, sessionId: string | undefined): void {
  const { [DATADOG_TAGS]: tags, tracestate } = carrier
  if (typeof tags === 'string') {
    const others = tags
      .split(',')
      .filter((member) => !member.startsWith(TAG))
      .join()
    const replaced = [others, ...(sessionId === undefined ? [] : [TAG + sessionId])].filter(Boolean).join()
    carrier[DATADOG_TAGS] = replaced.length <= MAX_TAGS_LENGTH ? replaced : others
  }
  if (typeof tracestate === 'string' && tracestate.includes(TRACESTATE_TAG)) {
    carrier.tracestate = tracestate
      .split(',')
      .map((member) => (member.trimStart().startsWith('dd=') ? withSession(member, sessionId) : member))
      .join()
  }
}

function withSession(member: string, sessionId: string | undefined): string {
  const start = member.indexOf('=') + 1
  const fields = member.slice(start).split(';')
  const index = fields.findIndex((field) => field.startsWith(TRACESTATE_TAG))
  if (index !== -1) fields.splice(index, 1, ...(sessionId === undefined ? [] : [TRACESTATE_TAG + sessionId]))
  return member.slice(0, start) + fields.join(';')
}

function leaveOutTooLong(injection: Injection): void {
  const tags = injection.spanContext?._trace?.tags
  if (!tags) return
  const { traceTagReplacements: replacements = [], optionalTraceTagCount = 0 } = injection
  const index = replacements.indexOf(SESSION_TRACE_TAG)
  if (index === -1 && !tags[SESSION_TRACE_TAG]) return
  if (sentLength(tags, replacements, 2 * optionalTraceTagCount) <= MAX_TAGS_LENGTH) return
  if (index === -1) injection.traceTagReplacements = [SESSION_TRACE_TAG, undefined, ...replacements]
  else replacements[index + 1] = undefined
}

/** @param optional - how many items at the end of the replacements dd-trace leaves out itself when they do not fit */
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

import { SESSION_TRACE_TAG } from './internals.js'

const DATADOG_TAGS = 'x-datadog-tags'
const TAG = new RegExp(`(^|,)${SESSION_TRACE_TAG}=[^,]*`)
const TRACESTATE_TAG = /(dd=(?:[^,]*;)?t\.llmobs_sid:)[^;,]*/

// Default of DD_TRACE_X_DATADOG_TAGS_MAX_LENGTH: the next service ignores a longer header as a whole.
const MAX_TAGS_LENGTH = 512

/** Writes another session into the trace headers of an outgoing request. */
export function replaceSession(carrier: Record<string, unknown>, sessionId: string): void {
  const tags = carrier[DATADOG_TAGS]
  if (typeof tags === 'string') {
    const member = `${SESSION_TRACE_TAG}=${sessionId}`
    const replaced = TAG.test(tags) ? tags.replace(TAG, (_, before) => before + member) : `${tags},${member}`
    if (replaced.length <= MAX_TAGS_LENGTH) carrier[DATADOG_TAGS] = replaced
  }
  if (typeof carrier.tracestate === 'string') {
    carrier.tracestate = carrier.tracestate.replace(TRACESTATE_TAG, (_, before) => before + sessionId)
  }
}

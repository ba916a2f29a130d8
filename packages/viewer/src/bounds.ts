import { text } from './json.js'
import { type Limits, MAX_ID, MAX_SESSION_ID } from './limits.js'
import type { Span } from './telemetry.js'

const ELLIPSIS = '…'

/** The span with no text longer than `textLength` and no more than `attributesPerSpan` attributes. */
export function boundedSpan(span: Span, { textLength, attributesPerSpan }: Limits): Span {
  const attributes = Object.fromEntries(
    Object.entries(span.attributes)
      .slice(0, attributesPerSpan)
      .map(([key, value]) => [
        key,
        typeof value === 'string' && SESSION_KEY.test(key) ? boundedSessionId(value) : value,
      ]),
  )
  const sessionId = span.sessionId === null ? null : boundedSessionId(span.sessionId)
  return boundedTexts({ ...span, sessionId, attributes }, textLength)
}

/** Whichever attribute a session id is read from; those of RUM and of spans are cut alike, so that they still meet. */
const SESSION_KEY = /(?:^|[._])(?:session|conversation)[._]id$/

export function boundedSessionId(id: string): string {
  return cutText(id, MAX_SESSION_ID)
}

/** An id of a trace or span, if it is one. */
export function idText(value: unknown): string | undefined {
  const id = text(value)
  return id && id.length <= MAX_ID ? id : undefined
}

/** The first characters as a text of their own: what slice returns keeps the whole text in memory. */
export function cutText(text: string, length: number): string {
  return Buffer.from(text.slice(0, length)).toString()
}

const MAX_DEPTH = 16

/**
 * The same value with every text in it, keys included, cut to `length` characters, and what is nested deeper than 16
 * levels left out: JSON.stringify would overflow the stack on what JSON.parse still reads.
 */
export function boundedTexts<Value>(value: Value, length: number): Value {
  const cut = (text: string) => (text.length > length ? cutText(text, length - 1) + ELLIPSIS : text)
  const walk = (item: unknown, depth: number): unknown => {
    if (typeof item === 'string') return cut(item)
    if (typeof item !== 'object' || item === null) return item
    if (depth > MAX_DEPTH) return ELLIPSIS
    if (Array.isArray(item)) return item.map((inner) => walk(inner, depth + 1))
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [cut(key), walk(inner, depth + 1)]))
  }
  return walk(value, 0) as Value
}

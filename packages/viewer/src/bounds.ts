import type { Limits } from './limits.js'
import type { Span } from './telemetry.js'

const ELLIPSIS = '…'

/** The span with no text longer than `textLength` and no more than `attributesPerSpan` attributes. */
export function boundedSpan(span: Span, { textLength, attributesPerSpan }: Limits): Span {
  const attributes = Object.fromEntries(Object.entries(span.attributes).slice(0, attributesPerSpan))
  return boundedTexts({ ...span, attributes }, textLength)
}

const MAX_DEPTH = 16

/**
 * The same value with every text in it, keys included, cut to `length` characters, and what is nested deeper than 16
 * levels left out: JSON.stringify would overflow the stack on what JSON.parse still reads.
 */
export function boundedTexts<Value>(value: Value, length: number): Value {
  const cut = (text: string) => (text.length > length ? text.slice(0, length - 1) + ELLIPSIS : text)
  const walk = (item: unknown, depth: number): unknown => {
    if (typeof item === 'string') return cut(item)
    if (typeof item !== 'object' || item === null) return item
    if (depth > MAX_DEPTH) return ELLIPSIS
    if (Array.isArray(item)) return item.map((inner) => walk(inner, depth + 1))
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [cut(key), walk(inner, depth + 1)]))
  }
  return walk(value, 0) as Value
}

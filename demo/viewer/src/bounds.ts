import { isRecord } from './json.js'
import type { Limits } from './limits.js'
import type { Span } from './telemetry.js'

const ELLIPSIS = '…'

/** The span with no text longer than `textLength` and no more than `attributesPerSpan` attributes. */
export function boundedSpan(span: Span, { textLength, attributesPerSpan }: Limits): Span {
  const attributes = Object.fromEntries(Object.entries(span.attributes).slice(0, attributesPerSpan))
  return boundedTexts({ ...span, attributes }, textLength)
}

/** The same value with every text in it, keys included, cut to `length` characters. */
export function boundedTexts<Value>(value: Value, length: number): Value {
  const cut = (text: string) => (text.length > length ? text.slice(0, length - 1) + ELLIPSIS : text)
  const walk = (item: unknown): unknown => {
    if (typeof item === 'string') return cut(item)
    if (Array.isArray(item)) return item.map(walk)
    if (!isRecord(item)) return item
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [cut(key), walk(inner)]))
  }
  return walk(value) as Value
}

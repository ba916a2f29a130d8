import type { Span } from './telemetry.js'

type Linked = Pick<Span, 'spanId' | 'parentSpanId'>

/** A span and those above it, from the bottom, as far as they are known; each once, even where a span is its own ancestor. */
export function* ancestors<Known extends Linked>(
  span: Known,
  byId: ReadonlyMap<string, Known>,
): Generator<Known> {
  const seen = new Set<Known>()
  for (let at: Known | undefined = span; at && !seen.has(at); at = byId.get(at.parentSpanId ?? '')) {
    seen.add(at)
    yield at
  }
}

import { type Baggage, type Context, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'

/** Writes into Headers, as fetch instrumentation does. */
export const headersSetter = {
  set: (headers: Headers, name: string, value: string) => headers.set(name, value),
}

export function baggageOf(entries: Record<string, string>): Baggage {
  const values = Object.entries(entries).map(([key, value]) => [key, { value }] as const)
  return propagation.createBaggage(Object.fromEntries(values))
}

export function withEntries(entries: Record<string, string>, parent = ROOT_CONTEXT): Context {
  return propagation.setBaggage(parent, baggageOf(entries))
}

/** The context that fetch instrumentation passes for a sampled request to `url`. */
export function requestTo(url: string, parent = ROOT_CONTEXT): Context {
  const options = { kind: SpanKind.CLIENT, attributes: { 'url.full': url } }
  return trace.setSpan(parent, new BasicTracerProvider().getTracer('test').startSpan('GET', options))
}

import assert from 'node:assert/strict'
import { type Attributes, type Context, propagation, ROOT_CONTEXT } from '@opentelemetry/api'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base'

export const SESSION = 'f2a1c3d4-0000-4000-8000-00000000000a'

export function contextWith(session: string): Context {
  return propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ 'session.id': { value: session } }))
}

interface Lifecycle {
  processors: SpanProcessor[]
  context?: Context | undefined
  start?: Attributes | undefined
  later?: Attributes | undefined
  attributeCountLimit?: number
}

/** Returns the exported attributes of a span that starts with `start` and gets `later` before it ends. */
export function exportedAttributes({
  processors,
  context,
  start,
  later,
  attributeCountLimit = 128,
}: Lifecycle) {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({
    spanLimits: { attributeCountLimit },
    spanProcessors: [...processors, new SimpleSpanProcessor(exporter)],
  })
  const options = { attributes: start ?? {} }
  const span = provider.getTracer('test').startSpan('work', options, context ?? contextWith(SESSION))
  span.setAttributes(later ?? {}).end()
  const [exported] = exporter.getFinishedSpans()
  assert.ok(exported)
  return exported.attributes
}

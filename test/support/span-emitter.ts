import { type Attributes, ROOT_CONTEXT, type SpanOptions, type SpanStatus, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

export interface SpanShape extends Pick<SpanOptions, 'kind'> {
  name: string
  attributes?: Attributes
  status?: SpanStatus
  children?: SpanShape[]
}

/** Emits spans as one service: with one resource and one exporter. */
export class SpanEmitter {
  readonly #provider: BasicTracerProvider

  constructor(collectorUrl: string, resource: Attributes) {
    this.#provider = new BasicTracerProvider({
      resource: resourceFromAttributes(resource),
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${collectorUrl}/v1/traces` }))],
    })
  }

  /** Emits a span and its children. Returns the context for further children. */
  emit(shape: SpanShape, parent = ROOT_CONTEXT) {
    const { name, children = [], status, ...options } = shape
    const span = this.#provider.getTracer('test').startSpan(name, options, parent)
    if (status) span.setStatus(status)
    const context = trace.setSpan(parent, span)
    for (const child of children) this.emit(child, context)
    span.end()
    return context
  }

  /** Resolves when every span is exported. */
  flush(): Promise<void> {
    return this.#provider.forceFlush()
  }

  stop(): Promise<void> {
    return this.#provider.shutdown()
  }
}

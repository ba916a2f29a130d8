import assert from 'node:assert/strict'
import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { otlpSpans } from '../src/otlp-spans.js'
import { RunningViewer } from './running-viewer.js'

describe('OTLP/HTTP intake', () => {
  let viewer: RunningViewer
  before(async () => {
    viewer = await RunningViewer.start()
  })
  after(() => viewer.stop())
  afterEach(() => fetch(`${viewer.url}/api/state`, { method: 'DELETE' }))

  it('takes a kind by its number or by its name, and nothing else for one', async () => {
    const kinds = [
      2,
      'SPAN_KIND_CLIENT',
      'CONSUMER',
      1,
      0,
      9,
      2.5,
      'constructor',
      '__proto__',
      'SPAN_KIND_',
      {},
    ]
    const spans = kinds.map((kind, index) => ({ traceId: 't', spanId: `${index}`, kind }))
    assert.deepEqual(
      otlpSpans([{ scopeSpans: [{ spans }] }]).spans.map(({ span }) => span.otelKind),
      ['server', 'client', 'consumer', null, null, null, null, null, null, null, null],
    )
  })

  type Options = ConstructorParameters<typeof ProtobufExporter>[0]
  for (const [name, exporterOf] of [
    ['JSON', (options: Options) => new JsonExporter(options)],
    ['protobuf', (options: Options) => new ProtobufExporter(options)],
  ] as const) {
    for (const compression of ['none', 'gzip'] as NonNullable<Options>['compression'][]) {
      it(`shows what the real ${name} exporter sends, compression ${compression}`, async () => {
        const exporter = exporterOf({
          url: `${viewer.url}/v1/traces`,
          ...(compression ? { compression } : {}),
        })
        const { traceId, spanId, parentSpanId } = await exportAgentSpan(exporter)

        const { traces } = await viewer.state()
        assert.equal(traces.length, 1)
        const span = traces[0]?.spans.find((span) => span.spanId === spanId)
        assert.deepEqual(
          { ...span, attributes: undefined },
          {
            spanId,
            parentSpanId,
            name: 'invoke_agent planner',
            service: 'planner',
            language: null,
            kind: 'agent',
            otelKind: null,
            sessionId: 'session-1',
            sessionFrom: 'gen_ai.conversation.id',
            input: 'user: Hi',
            output: null,
            parts: [],
            cost: null,
            tokens: { input: 12, output: 0 },
            model: 'gpt-4o-mini',
            startedAt: 1_700_000_000_000,
            durationMs: 250,
            error: 'model overloaded',
            attributes: undefined,
          },
        )
        assert.deepEqual(
          { ...span?.attributes },
          {
            'gen_ai.operation.name': 'invoke_agent',
            'gen_ai.conversation.id': 'session-1',
            'gen_ai.request.model': 'gpt-4o-mini',
            'gen_ai.usage.input_tokens': 12,
            temperature: 0.5,
            cached: true,
            stops: ['a', 'b'],
          },
        )
        assert.equal(traces[0]?.traceId, traceId)
        assert.equal(traces[0]?.source, 'otlp')
      })
    }
  }
})

async function exportAgentSpan(exporter: SpanExporter) {
  const failures: unknown[] = []
  const { export: send } = exporter
  exporter.export = (spans, done) =>
    send.call(exporter, spans, (result) => {
      if (result.error) failures.push(result.error)
      done(result)
    })
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'planner' }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  })
  const tracer = provider.getTracer('test')
  const server = tracer.startSpan('POST /chat', { startTime: 1_700_000_000_000 })
  const agent = tracer.startSpan(
    'invoke_agent planner',
    {
      startTime: 1_700_000_000_000,
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.conversation.id': 'session-1',
        'gen_ai.request.model': 'gpt-4o-mini',
        'gen_ai.usage.input_tokens': 12,
        temperature: 0.5,
        cached: true,
        stops: ['a', 'b'],
      },
    },
    trace.setSpan(ROOT_CONTEXT, server),
  )
  agent.addEvent('gen_ai.client.inference.operation.details', {
    'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]',
  })
  agent.setStatus({ code: 2, message: 'model overloaded' })
  agent.end(1_700_000_000_250)
  server.end()
  await provider.forceFlush()
  await provider.shutdown()
  assert.deepEqual(failures, [])
  const { traceId, spanId } = agent.spanContext()
  return { traceId, spanId, parentSpanId: server.spanContext().spanId }
}

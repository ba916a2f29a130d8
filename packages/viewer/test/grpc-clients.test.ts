import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { RunningViewer } from './running-viewer.js'

describe('answerGrpcClients', () => {
  it('tells a gRPC exporter what to set, and shows that it was there', async () => {
    const viewer = await RunningViewer.start()
    const exporter = new OTLPTraceExporter({ url: viewer.url })
    const errors: (Error | undefined)[] = []
    const { export: send } = exporter
    exporter.export = (spans, done) =>
      send.call(exporter, spans, (result) => {
        errors.push(result.error)
        done(result)
      })
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    provider.getTracer('test').startSpan('chat').end()
    await provider.forceFlush().catch(() => {})

    const { notices } = await viewer.state()
    assert.deepEqual(
      notices.map(({ code }) => code),
      ['grpc'],
    )
    await provider.shutdown()
    await viewer.stop()
    assert.match(errors[0]?.message ?? '', /12 UNIMPLEMENTED: Set OTEL_EXPORTER_OTLP_PROTOCOL=http\/protobuf/)
  })

  it('shows nothing of a client that exports metrics', async () => {
    const viewer = await RunningViewer.start()
    const http2 = connectHttp2(viewer.url)
    const call = http2.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
      'content-type': 'application/grpc',
    })
    const [headers] = await once(call.end().resume(), 'response')
    assert.equal(headers['grpc-status'], '12')
    http2.destroy()
    assert.deepEqual((await viewer.state()).notices, [])
    await viewer.stop()
  })

  it('leaves requests of any size and chunking to HTTP/1', async () => {
    const viewer = await RunningViewer.start()
    const body = `{"resourceSpans":[]}${' '.repeat(3_000_000)}`
    const response = await viewer.post('/v1/traces', body, { 'content-type': 'application/json' })
    assert.equal(response.status, 200)
    await viewer.stop()
  })
})

describe('closeAllConnections of a server that answers gRPC clients', () => {
  it('ends connections that speak HTTP/2, and those that have sent nothing', async () => {
    const viewer = await RunningViewer.start()
    const { port } = new URL(viewer.url)
    const silent = connect(Number(port), '127.0.0.1')
    const http2 = connectHttp2(viewer.url)
    await Promise.all([once(silent, 'connect'), once(http2, 'connect')])
    await Promise.all([viewer.stop(), once(silent, 'close'), once(http2, 'close')])
  })
})

import assert from 'node:assert/strict'
import type { ProbeAnswer } from '../src/doctor/probe.js'
import { settled } from '../src/doctor/settled.js'
import { GRPC_CLIENT } from '../src/grpc-clients.js'
import { otlpSpans } from '../src/otlp-spans.js'
import { TelemetryStore } from '../src/telemetry-store.js'
import { exportRequest, type OtlpSpan } from './running-viewer.js'

describe('settled', () => {
  const probe = {
    parentId: 'page',
    tracesIn: (traces) => traces.filter(({ traceId }) => traceId === 't'),
  } as ProbeAnswer
  const llm = {
    spanId: 'llm',
    attributes: { 'gen_ai.operation.name': 'chat' },
    name: 'chat',
    parentSpanId: 'server',
  }
  const server = { name: 'POST', kind: 2, parentSpanId: 'page', spanId: 'server' }

  function add(store: TelemetryStore, traceId: string, ...spans: OtlpSpan[]): void {
    const sent = spans.map((span) => ({ ...span, traceId }))
    const { resourceSpans } = exportRequest(sent) as { resourceSpans: unknown[] }
    store.addSpans(otlpSpans(resourceSpans).spans, 'otlp')
  }

  for (const [name, spans, isStarted, least, most, notice] of [
    ['soon where all spans of a started backend came', [llm, server], true, 2500, 5000],
    ['after a default batch where the server span is still to come', [llm], true, 5500, 7000],
    ['after a default batch where the backend runs already', [llm, server], false, 5500, 7000],
    ['at the time limit where nothing came', [], true, 7000, 9000],
    ['after a default batch where a gRPC client alone was seen', [], true, 5500, 7000, GRPC_CLIENT],
  ] as const) {
    it(`ends ${name}, and says how long it took`, async () => {
      const store = new TelemetryStore()
      if (notice) store.addNotice(notice)
      add(store, 't', ...spans)
      const other = setInterval(() => add(store, crypto.randomUUID(), llm), 100)
      const waited = await settled(store, probe, 7000, isStarted)
      clearInterval(other)
      assert.ok(waited >= least && waited < most, `${waited} ms`)
    })
  }

  it('waits for spans after a gRPC client was seen', async () => {
    const store = new TelemetryStore()
    store.addNotice(GRPC_CLIENT)
    setTimeout(() => add(store, 't', llm, server), 4000)
    await settled(store, probe, 20_000, true)
    assert.equal(store.trace('t')?.spans.length, 2)
  })
})

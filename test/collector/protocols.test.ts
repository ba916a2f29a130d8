import assert from 'node:assert/strict'
import { AgentBackend, SPANS_PER_REQUEST } from '../support/agent-backend.js'
import { collectorBinary } from '../support/cached-tools.js'
import { Collector } from '../support/collector.js'
import { OtlpRecorder } from '../support/otlp-recorder.js'
import { SteadyLoad } from '../support/steady-load.js'
import { UnreliableLink } from '../support/unreliable-link.js'
import { waitUntil } from '../support/wait-until.js'
import { assertProtocol, type OtlpProtocol, otlpProtocols } from './otlp-protocol.js'
import { provide } from './provide.js'

describe('agent backend → Collector → OTLP endpoint', () => {
  let recorder: OtlpRecorder
  let collector: Collector

  before(async function () {
    await provide(this, collectorBinary)
    recorder = await OtlpRecorder.start()
    collector = await Collector.start(['local.yaml'], { VIEWER_URL: recorder.url, OTELCOL_FILE: '/dev/null' })
  })
  after(async () => {
    await collector?.process.stop()
    await recorder?.stop()
  })

  for (const protocol of Object.keys(otlpProtocols) as OtlpProtocol[]) {
    it(`delivers every agent span over ${protocol} with the session of its request`, async () => {
      const link = await UnreliableLink.start(otlpProtocols[protocol](collector))
      const backend = await AgentBackend.start({
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: link.url,
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          VIEWER_URL: 'http://127.0.0.1',
        },
      })
      const load = new SteadyLoad(backend.url, 4)
      await waitUntil(() => load.requests.length >= 4, 60)
      await load.stop()
      await backend.stop()
      await link.stop()
      assertProtocol(link.openings, protocol)

      const sessions = new Map(load.requests.map(({ traceId, sessionId }) => [traceId, sessionId]))
      const spans = () =>
        [...recorder.accepted.values()].filter(({ kind, traceId }) => kind !== null && sessions.has(traceId))
      await waitUntil(() => spans().length >= sessions.size * SPANS_PER_REQUEST)
      assert.equal(spans().length, sessions.size * SPANS_PER_REQUEST)
      for (const { traceId, attributes } of spans()) {
        assert.equal(attributes['gen_ai.conversation.id'], sessions.get(traceId))
      }
    })
  }
})

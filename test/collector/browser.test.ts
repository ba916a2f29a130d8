import assert from 'node:assert/strict'
import { checkSessions } from '../../demo/session-checks.js'
import { type Demo, startDemo } from '../../demo/start-demo.js'
import { visit } from '../../demo/visitors.js'
import type { State } from '../../packages/viewer/src/telemetry.js'
import { launchChromium } from '../../scripts/chromium/launch-chromium.js'
import { collectorBinary } from '../support/cached-tools.js'
import { Collector } from '../support/collector.js'
import { freePorts } from '../support/service-process.js'
import { UnreliableLink } from '../support/unreliable-link.js'
import { waitUntil } from '../support/wait-until.js'
import { assertProtocol, type OtlpProtocol, otlpProtocols } from './otlp-protocol.js'
import { provide } from './provide.js'

for (const protocol of Object.keys(otlpProtocols) as OtlpProtocol[]) {
  describe(`browser → agent backend → ${protocol} → Collector → viewer`, () => {
    let collector: Collector
    let link: UnreliableLink
    let demo: Demo
    const state = async () => (await (await fetch(`${demo.viewerUrl}/api/state`)).json()) as State

    before(async function () {
      await provide(this, collectorBinary)
      const [port = 0] = await freePorts(1)
      process.env.VIEWER_PORT = String(port)
      collector = await Collector.start(['local.yaml'], {
        VIEWER_URL: `http://127.0.0.1:${port}`,
        OTELCOL_FILE: '/dev/null',
      })
      link = await UnreliableLink.start(otlpProtocols[protocol](collector))
      process.env.OTEL_EXPORTER_OTLP_ENDPOINT = link.url
      process.env.OTEL_EXPORTER_OTLP_PROTOCOL = protocol
      demo = await startDemo('otel')
    })
    after(async () => {
      delete process.env.VIEWER_PORT
      delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT
      delete process.env.OTEL_EXPORTER_OTLP_PROTOCOL
      await demo?.stop()
      await link?.stop()
      await collector?.process.stop()
    })

    it('shows every agent span below the RUM session of the page that sent the request', async function () {
      this.timeout(300_000)
      const browser = await launchChromium()
      const { asked, problems } = await visit(browser, demo.pageUrl).finally(() => browser.close())
      assert.deepEqual(problems, [])
      await waitUntil(async () => {
        const { right, expected } = checkSessions('otel', asked, await state())
        return right === expected
      }, 60)

      const result = checkSessions('otel', asked, await state())
      assert.deepEqual(result.problems, [])
      assert.ok(result.expected > 0)
      assert.equal(result.right, result.expected)
      assert.equal(result.wrong, 0)
      assertProtocol(link.openings, protocol)
    })
  })
}

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collectorBinary } from '../support/cached-tools.js'
import { Collector } from '../support/collector.js'
import { OtlpRecorder } from '../support/otlp-recorder.js'
import { SpanEmitter } from '../support/span-emitter.js'
import { waitUntil } from '../support/wait-until.js'
import { provide } from './provide.js'

describe('recover.yaml + to-datadog.yaml', () => {
  const storage = mkdtempSync(join(tmpdir(), 'rum-llmobs-queue-'))
  let intake: OtlpRecorder
  let collector: Collector
  let service: SpanEmitter
  const arrived = (name: string) => [...intake.accepted.values()].find((span) => span.name === name)

  before(async function () {
    await provide(this, collectorBinary)
    intake = await OtlpRecorder.start()
    collector = await Collector.start(['recover.yaml', 'to-datadog.yaml'], {
      DD_API_KEY: 'the-key',
      DD_SITE: 'datadoghq.eu',
      DD_OTLP_TRACES_URL: `${intake.url}/v1/traces`,
      OTELCOL_STORAGE: storage,
    })
    service = new SpanEmitter(collector.httpUrl, { 'service.name': 'agents' })
  })
  after(async () => {
    await service?.stop()
    await collector?.process.stop()
    await intake?.stop()
    rmSync(storage, { recursive: true, force: true })
  })

  /** Emits a span that the intake answers with `status`. After that answer the intake accepts spans again. */
  async function emitRefused(name: string, status: number): Promise<void> {
    const before = intake.refusals
    intake.refuseWith = status
    service.emit({ name })
    await service.flush()
    await waitUntil(() => intake.refusals > before)
    intake.refuseWith = undefined
    assert.ok(intake.refusals > before)
  }

  for (const status of [429, 502, 503, 504]) {
    it(`retries spans that the intake answers with ${status}`, async () => {
      await emitRefused(`refused with ${status}`, status)
      await waitUntil(() => arrived(`refused with ${status}`) !== undefined)
      assert.ok(arrived(`refused with ${status}`), collector.process.output)
    })
  }

  it('retries spans while the intake is away', async () => {
    const { port } = new URL(intake.url)
    await intake.stop()
    service.emit({ name: 'while away' })
    await service.flush()
    const tried = () => collector.process.output.includes('connection refused')
    await waitUntil(tried)
    assert.ok(tried(), collector.process.output)
    intake = await OtlpRecorder.start({ port: Number(port) })
    await waitUntil(() => arrived('while away') !== undefined)
    assert.ok(arrived('while away'), collector.process.output)
  })

  for (const status of [400, 401, 403, 404, 413, 500]) {
    it(`drops spans that the intake answers with ${status}, and logs it`, async () => {
      await emitRefused(`refused with ${status}`, status)
      await waitUntil(() => collector.process.output.includes(`Status Code ${status}`))
      service.emit({ name: `after ${status}` })
      await service.flush()
      await waitUntil(() => arrived(`after ${status}`) !== undefined)
      assert.ok(arrived(`after ${status}`))
      assert.equal(arrived(`refused with ${status}`), undefined)
      assert.match(collector.process.output, new RegExp(`Dropping data.*Status Code ${status}`))
    })
  }

  it('sends the headers of datadog.yaml, and dd_llmobs_enabled', () => {
    assert.equal(intake.headers['dd-api-key'], 'the-key')
    assert.equal(intake.headers['dd-otlp-source'], 'llmobs')
    assert.equal(arrived('while away')?.attributes.dd_llmobs_enabled, true)
  })
})

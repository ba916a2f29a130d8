import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { otlpSpans } from '../../packages/viewer/src/otlp-spans.js'
import { collectorBinary } from '../support/cached-tools.js'
import { Collector } from '../support/collector.js'
import { OtlpRecorder } from '../support/otlp-recorder.js'
import { SpanEmitter } from '../support/span-emitter.js'
import { waitUntil } from '../support/wait-until.js'
import { provide } from './provide.js'

describe('local.yaml', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rum-llmobs-file-'))
  const file = join(folder, 'traces.jsonl')
  const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [])
  let viewer: OtlpRecorder
  let collector: Collector

  before(async function () {
    await provide(this, collectorBinary)
    viewer = await OtlpRecorder.start()
    collector = await Collector.start(['local.yaml'], { VIEWER_URL: viewer.url, OTELCOL_FILE: file })
    const service = new SpanEmitter(collector.httpUrl, { 'service.name': 'agents' })
    service.emit({
      name: 'agent',
      attributes: { 'gen_ai.operation.name': 'invoke_agent', 'session.id': 'session' },
    })
    await service.stop()
    await waitUntil(() => viewer.accepted.size === 1 && lines().length === 1)
  })
  after(async () => {
    await collector?.process.stop()
    await viewer?.stop()
    rmSync(folder, { recursive: true })
  })

  it('writes each export request as one line of OTLP/JSON', () => {
    assert.equal(lines().length, 1)
    const { resourceSpans } = JSON.parse(lines()[0] ?? '') as { resourceSpans: unknown[] }
    const spans = otlpSpans(resourceSpans).spans.map(({ span }) => [span.name, span.attributes['session.id']])
    assert.deepEqual(spans, [['agent', 'session']])
  })

  it('sends the span to the viewer, with dd_llmobs_enabled', () => {
    const [span] = viewer.accepted.values()
    assert.equal(span?.name, 'agent')
    assert.equal(span?.attributes.dd_llmobs_enabled, true)
  })
})

import assert from 'node:assert/strict'
import { collectorBinary } from '../support/cached-tools.js'
import { Collector } from '../support/collector.js'
import { OtlpRecorder } from '../support/otlp-recorder.js'
import { SpanEmitter } from '../support/span-emitter.js'
import { waitUntil } from '../support/wait-until.js'
import { provide } from './provide.js'

describe('datadog.yaml', () => {
  let intake: OtlpRecorder
  let collector: Collector
  const span = (name: string) => [...intake.accepted.values()].find((span) => span.name === name)

  before(async function () {
    await provide(this, collectorBinary)
    intake = await OtlpRecorder.start()
    collector = await Collector.start(['datadog.yaml', 'conversation-id.yaml'], {
      DD_API_KEY: 'the-key',
      DD_SITE: 'datadoghq.eu',
      DD_OTLP_TRACES_URL: `${intake.url}/v1/traces`,
    })
    const service = new SpanEmitter(collector.httpUrl, { 'service.name': 'agents' })
    const optedOut = new SpanEmitter(collector.httpUrl, {
      'service.name': 'opted-out',
      dd_llmobs_enabled: false,
    })
    const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'session.id': 'session-1' }
    service.emit({ name: 'agent', attributes })
    optedOut.emit({ name: 'opted out', attributes })
    await Promise.all([service.stop(), optedOut.stop()])
    await waitUntil(() => intake.accepted.size === 2)
  })
  after(async () => {
    await collector?.process.stop()
    await intake?.stop()
  })

  it('sends protobuf with the headers of the LLM Observability intake', () => {
    assert.equal(intake.headers['content-type'], 'application/x-protobuf')
    assert.equal(intake.headers['dd-api-key'], 'the-key')
    assert.equal(intake.headers['dd-otlp-source'], 'llmobs')
  })

  it('sets dd_llmobs_enabled, unless the resource has it', () => {
    assert.equal(span('agent')?.attributes.dd_llmobs_enabled, true)
    assert.equal(span('opted out')?.attributes.dd_llmobs_enabled, false)
  })

  it('applies conversation-id.yaml when that is merged over it', () => {
    assert.equal(span('agent')?.attributes['gen_ai.conversation.id'], 'session-1')
  })

  it('sends to the intake of DD_SITE by default, and logs no key', async () => {
    const unreachable = await Collector.start(['datadog.yaml'], {
      DD_API_KEY: 'the-key',
      DD_SITE: 'site.invalid',
    })
    const service = new SpanEmitter(unreachable.httpUrl, { 'service.name': 'agents' })
    service.emit({ name: 'agent' })
    await service.stop()
    const tried = () => unreachable.process.output.includes('https://otlp.site.invalid/v1/traces')
    await waitUntil(tried)
    await unreachable.process.kill()
    assert.ok(tried(), unreachable.process.output)
    assert.ok(!unreachable.process.output.includes('the-key'))
  })
})

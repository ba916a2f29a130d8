import assert from 'node:assert/strict'
import { type Demo, startDemo } from '../../demo/start-demo.js'
import { type Asked, visit } from '../../demo/visitors.js'
import { launchChromium } from '../../scripts/chromium/launch-chromium.js'
import { collectorBinary, pythonCommands } from '../support/cached-tools.js'
import { Collector } from '../support/collector.js'
import { SpanEmitter } from '../support/span-emitter.js'
import { type OtlpSpan, TestAgent } from '../support/test-agent.js'
import { waitUntil } from '../support/wait-until.js'
import { provide } from './provide.js'

/** Events of one question, in both services of the dd-trace backend. */
const EVENTS_PER_QUESTION = 8
const AGENTS_PER_QUESTION = 2

describe('browser → dd-trace backend → Datadog test agent', () => {
  let agent: TestAgent
  let demo: Demo
  let asked: Asked[] = []
  const sessions = () => [...new Set(asked.flatMap(({ sessionId }) => sessionId ?? []))]
  const questionsOf = (session: string) => asked.filter(({ sessionId }) => sessionId === session).length

  before(async function () {
    await provide(this, pythonCommands)
    agent = await TestAgent.start()
    process.env.DD_TRACE_AGENT_URL = agent.url
    demo = await startDemo('dd-trace')
    const browser = await launchChromium()
    const visited = await visit(browser, demo.pageUrl).finally(() => browser.close())
    assert.deepEqual(visited.problems, [])
    asked = visited.asked
    await waitUntil(async () => (await agent.events()).length >= asked.length * EVENTS_PER_QUESTION, 60)
  })
  after(async () => {
    delete process.env.DD_TRACE_AGENT_URL
    await demo?.stop()
    await agent?.process.stop()
  })

  it('receives every event of every question', async () => {
    assert.equal((await agent.events()).length, asked.length * EVENTS_PER_QUESTION)
  })

  it('finds exactly the events of a RUM session by its id', async () => {
    assert.ok(sessions().length >= 4)
    for (const session of sessions()) {
      const events = await agent.search(`@session_id:${session}`)
      assert.equal(events.length, questionsOf(session) * EVENTS_PER_QUESTION)
      const agents = events.filter(({ meta }) => meta.span?.kind === 'agent')
      assert.equal(agents.length, questionsOf(session) * AGENTS_PER_QUESTION)
      for (const { session_id, tags } of events) {
        assert.equal(session_id, session)
        assert.ok(tags.includes(`session_id:${session}`))
      }
    }
  })

  it('receives session_id as a field of every event of a page with a session, and of no other event', async () => {
    const inSession = asked.filter(({ sessionId }) => sessionId !== null).length
    const withSession = (await agent.events()).filter(({ session_id }) => session_id)
    assert.equal(withSession.length, inSession * EVENTS_PER_QUESTION)
  })
})

describe('Collector → Datadog test agent, over OTLP', () => {
  let agent: TestAgent
  let collector: Collector
  let spans: OtlpSpan[] = []

  before(async function () {
    await provide(this, collectorBinary, pythonCommands)
    agent = await TestAgent.start()
    collector = await Collector.start(['datadog.yaml', 'conversation-id.yaml'], {
      DD_API_KEY: 'none',
      DD_OTLP_TRACES_URL: `${agent.otlpHttpUrl}/v1/traces`,
    })
    const service = new SpanEmitter(collector.httpUrl, { 'service.name': 'agents' })
    const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'session.id': 'session-1' }
    service.emit({ name: 'agent', attributes, children: [{ name: 'tool' }] })
    await service.stop()
    await waitUntil(async () => {
      spans = await agent.otlpSpans()
      return spans.length === 2
    })
  })
  after(async () => {
    await collector?.process.stop()
    await agent?.process.stop()
  })

  it('decodes both spans, and the session of the agent span', () => {
    assert.deepEqual(spans.map(({ name }) => name).sort(), ['agent', 'tool'])
    const attributes = spans.find(({ name }) => name === 'agent')?.attributes ?? []
    const values = Object.fromEntries(attributes.map(({ key, value }) => [key, value.string_value]))
    assert.equal(values['gen_ai.conversation.id'], 'session-1')
    assert.equal(values['session.id'], 'session-1')
  })
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { RunningViewer } from '../../../packages/viewer/test/running-viewer.js'

describe('LLM Observability events of dd-trace in the viewer', () => {
  let viewer: RunningViewer
  before(async () => {
    viewer = await RunningViewer.start()
  })
  after(() => viewer.stop())

  it('show kinds, parents, contents, errors and sessions', async function () {
    this.timeout(30_000)
    const agent = spawn(process.execPath, [fileURLToPath(new URL('./llmobs-agent.cjs', import.meta.url))], {
      env: {
        ...process.env,
        DD_TRACE_AGENT_URL: viewer.url,
        DD_LLMOBS_ENABLED: '1',
        DD_LLMOBS_ML_APP: 'planner-app',
        DD_SERVICE: 'planner-service',
      },
      stdio: 'inherit',
    })
    assert.deepEqual(await once(agent, 'exit'), [0, null])
    const { traces } = await viewer.stateWhen(
      (state) => state.traces.flatMap(({ spans }) => spans).length === 4,
    )

    const trace = traces.find(({ rootName }) => rootName === 'planner')
    assert.equal(trace?.source, 'dd-trace')
    assert.equal(trace?.sessionId, 'session-1')
    assert.deepEqual(trace?.services, ['planner-service'])
    const [planner, ask, book] = ['planner', 'ask', 'book'].map((name) =>
      trace?.spans.find((span) => span.name === name),
    )
    assert.deepEqual([planner?.kind, planner?.input, planner?.output], ['agent', 'Where to?', 'Lisbon'])
    assert.equal(planner?.parentSpanId, null)
    assert.equal(ask?.parentSpanId, planner?.spanId)
    assert.deepEqual(
      [ask?.kind, ask?.input, ask?.output],
      ['llm', 'user: Where to?', 'assistant: Lisbon – of course'],
    )
    assert.deepEqual([ask?.model, ask?.tokens], ['gpt-4o-mini', { input: 12, output: 3 }])
    assert.deepEqual([book?.kind, book?.error, book?.sessionId], ['tool', 'sold out', 'session-1'])
    assert.ok(planner && Math.abs(planner.startedAt - Date.now()) < 60_000 && planner.durationMs < 60_000)

    const unjoined = traces.find(({ rootName }) => rootName === 'nobody')
    assert.equal(unjoined?.sessionId, null)
    assert.equal(unjoined?.spans[0]?.attributes.session_id, 'only a tag')
  })
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { RunningViewer } from './running-viewer.js'

describe('LLM Observability events', () => {
  let viewer: RunningViewer
  before(async () => {
    viewer = await RunningViewer.start()
  })
  after(() => viewer.stop())
  afterEach(() => fetch(`${viewer.url}/api/state`, { method: 'DELETE' }))

  it('are shown as dd-trace sends them to its agent', async function () {
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

  it('may come as one payload instead of an array, and with the kind where the HTTP API has it', async () => {
    await viewer.postLlmObs({
      spans: [{ trace_id: 't', span_id: '1', session_id: 's', meta: { kind: 'retrieval' } }],
    })
    const [span] = (await viewer.state()).traces[0]?.spans ?? []
    assert.deepEqual([span?.kind, span?.sessionId], ['retrieval', 's'])
  })

  it('are shown with the kind where ddtrace for Python has it', async () => {
    await viewer.postLlmObs([{ spans: [{ trace_id: 't', span_id: '1', meta: { span: { kind: 'agent' } } }] }])
    assert.equal((await viewer.state()).traces[0]?.spans[0]?.kind, 'agent')
  })

  it('join the trace that OTLP has of the same id', async () => {
    await viewer.postOtlp({ traceId: 'abc', spanId: 'browser', name: 'POST /chat' })
    await viewer.postLlmObs([
      { spans: [{ trace_id: 'abc', span_id: '9', name: 'planner', session_id: 's' }] },
    ])
    const [trace, ...others] = (await viewer.state()).traces
    assert.deepEqual(others, [])
    assert.deepEqual([trace?.source, trace?.rootName, trace?.sessionId], ['dd-trace', 'planner', 's'])
  })

  it('stay readable when their metadata is nested without end', async () => {
    const nested = `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`
    const event = `{"trace_id":"t","span_id":"1","meta":{"metadata":{"deep":${nested}}}}`
    await viewer.post('/evp_proxy/v2/api/v2/llmobs', `[{"spans":[${event}]}]`)
    const [span] = (await viewer.state()).traces[0]?.spans ?? []
    assert.match(JSON.stringify(span?.attributes.deep), /^(\{"a":){10,16}"…"\}+$/)
  })

  it('are left out when they have no ids, or are none', async () => {
    await viewer.postLlmObs([
      null,
      7,
      {},
      { spans: {} },
      { spans: [null, { trace_id: 't' }, { span_id: '1' }] },
    ])
    await viewer.postLlmObs([
      { spans: [{ trace_id: 't', span_id: '1', tags: [3, 'no colon'], meta: [], metrics: 'x' }] },
    ])
    await viewer.postLlmObs([{ spans: [{ trace_id: 't', span_id: '1', start_ns: 1e308, duration: 1e308 }] }])
    const { traces } = await viewer.state()
    assert.equal(traces.length, 1)
    assert.deepEqual([traces[0]?.startedAt, traces[0]?.durationMs], [0, 0])
    assert.deepEqual(traces[0]?.spans[0]?.attributes, {})
  })
})

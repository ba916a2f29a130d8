import assert from 'node:assert/strict'
import { RunningViewer } from './running-viewer.js'

describe('LLM Observability events', () => {
  let viewer: RunningViewer
  before(async () => {
    viewer = await RunningViewer.start()
  })
  after(() => viewer.stop())
  afterEach(() => fetch(`${viewer.url}/api/state`, { method: 'DELETE' }))

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

  it('are refused when their content is nested too deep to be read', async () => {
    const nested = '['.repeat(50_000) + ']'.repeat(50_000)
    for (const meta of [`"input":{"value":${nested}}`, `"output":{"messages":${nested}}`]) {
      const event = `{"trace_id":"t","span_id":"1","meta":{${meta}}}`
      const response = await viewer.post('/evp_proxy/v2/api/v2/llmobs', `[{"spans":[${event}]}]`)
      assert.equal(response.status, 400)
      assert.match(await response.text(), /nested too deep/)
    }
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

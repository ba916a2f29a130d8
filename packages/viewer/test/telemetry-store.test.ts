import assert from 'node:assert/strict'
import type { Limits } from '../src/limits.js'
import { otlpSpans } from '../src/otlp-spans.js'
import { TelemetryStore } from '../src/telemetry-store.js'
import { exportRequest } from './running-viewer.js'

const AGENT = { 'gen_ai.operation.name': 'invoke_agent' }

type Spans = Parameters<typeof exportRequest>[0]

function addSpans(store: TelemetryStore, ...spans: Spans): number {
  const { resourceSpans } = exportRequest(spans) as { resourceSpans: unknown[] }
  return store.addSpans(otlpSpans(resourceSpans).spans, 'otlp')
}

function addAction(store: TelemetryStore, sessionId: string, id: string, name = ''): void {
  const event = { action: { id, type: 'click', target: { name } }, view: { id: 'v' } }
  store.addRumEvents([{ sessionId, type: 'action', at: 1_700_000_000_000, event }])
}

describe('TelemetryStore', () => {
  const storeOf = (limits: Partial<Limits>) => new TelemetryStore(limits)

  describe('bounds', () => {
    it('keeps the sessions that were touched last', () => {
      const store = storeOf({ sessions: 2 })
      for (const [session, id] of [
        ['a', '1'],
        ['b', '2'],
        ['a', '3'],
        ['c', '4'],
      ] as const)
        addAction(store, session, id)
      assert.deepEqual(
        store
          .state()
          .sessions.map(({ id }) => id)
          .sort(),
        ['a', 'c'],
      )
    })

    it('keeps the last events of a session', () => {
      const store = storeOf({ eventsPerSession: 2 })
      for (const id of ['1', '2', '3']) addAction(store, 'a', id)
      assert.deepEqual(
        store.state().sessions[0]?.actions.map(({ id }) => id),
        ['2', '3'],
      )
    })

    it('drops traces without an LLM span before older ones with one', () => {
      const store = storeOf({ traces: 2 })
      addSpans(store, { traceId: 'agent', spanId: '1', attributes: AGENT })
      addSpans(store, { traceId: 'page load', spanId: '2' })
      addSpans(store, { traceId: 'agent 2', spanId: '3', attributes: AGENT })
      assert.deepEqual(
        store
          .state()
          .traces.map(({ traceId }) => traceId)
          .sort(),
        ['agent', 'agent 2'],
      )
    })

    it('reports the spans that their trace has no room for, and still takes a span it knows', () => {
      const store = storeOf({ spansPerTrace: 2 })
      assert.equal(addSpans(store, { spanId: '1' }, { spanId: '2' }, { spanId: '3' }, { spanId: '1' }), 1)
      assert.equal(store.state().traces[0]?.spans.length, 2)
    })

    it('cuts long texts wherever they are', () => {
      const store = storeOf({ textLength: 10 })
      const long = 'x'.repeat(50)
      addSpans(store, { spanId: '1', name: long, attributes: { ...AGENT, 'input.value': long, [long]: 'v' } })
      addAction(store, 'a', '1', long)
      const { traces, sessions } = store.state()
      const cut = `${'x'.repeat(9)}…`
      assert.equal(traces[0]?.spans[0]?.name, cut)
      assert.equal(traces[0]?.spans[0]?.input, cut)
      assert.equal(traces[0]?.spans[0]?.attributes[cut], 'v')
      assert.equal(sessions[0]?.actions[0]?.name, cut)
    })

    it('keeps a bounded number of attributes', () => {
      const store = storeOf({ attributesPerSpan: 3 })
      addSpans(store, { spanId: '1', attributes: { a: '1', b: '2', c: '3', d: '4' } })
      assert.deepEqual(Object.keys(store.state().traces[0]?.spans[0]?.attributes ?? {}), ['a', 'b', 'c'])
    })

    it('stays within its share of memory whatever comes', () => {
      const storedCharacters = 200_000
      const store = storeOf({ storedCharacters })
      const attributes = { ...AGENT, 'input.value': 'y'.repeat(10_000) }
      for (let index = 0; index < 100; index++) {
        addSpans(store, { traceId: `trace ${index}`, spanId: '1', attributes })
        for (let action = 0; action < 20; action++) {
          addAction(store, `session ${index}`, `${index}-${action}`, 'z'.repeat(1000))
        }
        const kept = JSON.stringify(store.state()).length
        assert.ok(kept < storedCharacters * 1.1, `${kept} characters after ${index} rounds`)
      }
      assert.ok(store.state().sessions.length > 1)
      assert.equal(store.state().sessions[0]?.actions.length, 20)
    })
  })

  describe('state', () => {
    it('files a trace under the topmost span that has a session, and names every session in it', () => {
      const store = storeOf({})
      addSpans(
        store,
        {
          spanId: 'tool',
          parentSpanId: 'agent',
          attributes: { ...AGENT, 'gen_ai.conversation.id': 'inner' },
        },
        {
          spanId: 'agent',
          parentSpanId: 'server',
          attributes: { ...AGENT, 'gen_ai.conversation.id': 'outer' },
        },
        { spanId: 'server', name: 'POST /chat' },
      )
      addAction(store, 'inner', '1')
      const { traces, sessions } = store.state()
      assert.equal(traces[0]?.sessionId, 'outer')
      assert.deepEqual(traces[0]?.sessionIds, ['outer', 'inner'])
      assert.deepEqual(sessions[0]?.traceIds, ['abc'])
    })

    it('puts the spans of a trace together, whatever batch they came in', () => {
      const store = storeOf({})
      const times = (from: number, to: number) => ({
        startTimeUnixNano: `${1_700_000_000_000 + from}000000`,
        endTimeUnixNano: `${1_700_000_000_000 + to}000000`,
      })
      addSpans(store, {
        spanId: 'child',
        parentSpanId: 'root',
        name: 'agent',
        attributes: AGENT,
        ...times(50, 900),
      })
      addSpans(store, { spanId: 'root', name: 'POST /chat', ...times(0, 1000) })
      const [trace, ...others] = store.state().traces
      assert.deepEqual(others, [])
      assert.equal(trace?.rootName, 'agent')
      assert.equal(trace?.startedAt, 1_700_000_000_000)
      assert.equal(trace?.durationMs, 1000)
      assert.deepEqual(
        trace?.spans.map(({ spanId }) => spanId),
        ['root', 'child'],
      )
      assert.deepEqual(trace?.services, ['backend'])
    })

    it('shows a trace that switched LLM Observability off as no LLM trace', () => {
      const store = storeOf({})
      addSpans(
        store,
        { spanId: '1', attributes: { ...AGENT, 'gen_ai.conversation.id': 's' } },
        { spanId: '2', attributes: { dd_llmobs_enabled: 'false' } },
      )
      const [trace] = store.state().traces
      assert.deepEqual(
        trace?.spans.map(({ kind, sessionId }) => [kind, sessionId]),
        [
          [null, null],
          [null, null],
        ],
      )
    })
  })

  describe('overview', () => {
    const joined = (traceId: string, session: string) => ({
      traceId,
      spanId: '1',
      attributes: { ...AGENT, 'gen_ai.conversation.id': session, 'input.value': `question ${traceId}` },
    })

    it('summarises a trace by its question and by how many spans have their session from where', () => {
      const store = storeOf({})
      addSpans(store, joined('t', 's'), { traceId: 't', spanId: '2', attributes: AGENT })
      const [trace] = store.overview().traces
      assert.deepEqual(
        [trace?.question, trace?.llmSpans, trace?.joinedSpans, trace?.sources],
        ['question t', 2, 1, { 'gen_ai.conversation.id': 1 }],
      )
      assert.ok(trace && !('spans' in trace))
    })

    it('has only what changed since the revision that is named, and the sessions that this touches', () => {
      const store = storeOf({})
      addSpans(store, joined('t', 's'))
      addSpans(store, joined('t2', 's2'))
      const { revision } = store.overview()
      addSpans(store, joined('t3', 's'))
      const { isComplete, traces, sessions } = store.overview(revision)
      assert.equal(isComplete, false)
      assert.deepEqual(
        traces.map(({ traceId }) => traceId),
        ['t3'],
      )
      assert.deepEqual(
        sessions.map(({ id, traceIds }) => [id, traceIds]),
        [['s', ['t', 't3']]],
      )
    })

    it('is complete after something was removed, and for a revision of another run', () => {
      const store = storeOf({ traces: 1 })
      addSpans(store, joined('t', 's'))
      const { revision } = store.overview()
      addSpans(store, joined('t2', 's2'))
      assert.equal(store.overview(revision).isComplete, true)
      assert.deepEqual(
        store.overview(revision).sessions.map(({ id }) => id),
        ['s2'],
      )
      assert.equal(store.overview(1e9).isComplete, true)
    })
  })

  it('lists a session that spans alone know, until RUM reports it', () => {
    const store = storeOf({})
    addSpans(store, { spanId: '1', attributes: { ...AGENT, 'gen_ai.conversation.id': 's' } })
    const { isReportedByRum, traceIds, startedAt } = store.session('s') ?? {}
    assert.deepEqual([isReportedByRum, traceIds, startedAt], [false, ['abc'], 1_700_000_000_000])
    addAction(store, 's', '1')
    assert.deepEqual(
      store.state().sessions.map(({ id, isReportedByRum }) => [id, isReportedByRum]),
      [['s', true]],
    )
  })

  it('tells its listeners about every addition', () => {
    const store = storeOf({})
    let changes = 0
    store.on('change', () => changes++)
    addSpans(store, { spanId: '1' })
    addAction(store, 'a', '1')
    store.clear()
    assert.equal(changes, 3)
    assert.deepEqual(store.state(), { sessions: [], traces: [], notices: [] })
  })
})

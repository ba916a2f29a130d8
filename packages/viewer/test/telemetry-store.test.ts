import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { ApmSpan } from '../src/apm-spans.js'
import type { Limits } from '../src/limits.js'
import { llmObsSpans } from '../src/llmobs-events.js'
import { otlpSpans } from '../src/otlp-spans.js'
import { rumEvents } from '../src/rum-events.js'
import { TelemetryStore } from '../src/telemetry-store.js'
import { exportRequest } from './running-viewer.js'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const APM_SPAN: ApmSpan = {
  requestId: '000000000000000a',
  spanId: '000000000000000b',
  parentId: '0000000000000000',
  service: 'shop',
  name: 'POST /chat',
  otelKind: 'server',
  sessionId: 's',
  host: null,
}

/** Four of them, as one text that nothing else refers to. */
const megabytes = () => Buffer.alloc(4e6, 'x').toString()

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

    it('takes no span whose ids are longer than ids are', () => {
      const store = storeOf({})
      const long = 'x'.repeat(65)
      const { resourceSpans } = exportRequest([
        { traceId: long, spanId: '1' },
        { traceId: 't', spanId: long },
        { traceId: 't', spanId: '1', parentSpanId: long },
      ]) as { resourceSpans: unknown[] }
      const otlp = otlpSpans(resourceSpans)
      assert.equal(otlp.rejected, 2)
      store.addSpans(otlp.spans, 'otlp')
      const dd = llmObsSpans({
        spans: [
          { trace_id: long, span_id: '1' },
          { trace_id: 'u', span_id: long },
          { trace_id: 'u', span_id: '1', parent_id: long, _dd: { apm_trace_id: long } },
        ],
      })
      store.addSpans(dd, 'dd-trace')
      assert.deepEqual(
        store.state().traces.flatMap(({ spans }) => spans.map((span) => [span.spanId, span.parentSpanId])),
        [
          ['1', null],
          ['1', null],
        ],
      )
      assert.equal(store.trace('u')?.spans[0]?.apmTraceId, 'u')
    })

    it('cuts a long session id alike wherever it stands, so that RUM and spans still meet', () => {
      const store = storeOf({})
      const long = 's'.repeat(60_000)
      const from = (attributes: Record<string, string>, index: number) => ({
        traceId: `${index}`,
        spanId: '1',
        attributes: { ...AGENT, ...attributes },
      })
      addSpans(
        store,
        ...[
          { 'gen_ai.conversation.id': long },
          { 'session.id': long, 'openinference.span.kind': 'AGENT' },
          { 'langfuse.session.id': long, 'langfuse.observation.type': 'agent' },
          { 'session.id': long, session_id: long },
        ].map(from),
      )
      store.addSpans(llmObsSpans({ spans: [{ trace_id: 'd', span_id: '1', session_id: long }] }), 'dd-trace')
      const line = JSON.stringify({ type: 'view', session: { id: long }, view: { id: 'v' } })
      store.addRumEvents(rumEvents(Buffer.from(line), null, 1e6))
      assert.deepEqual(
        store.state().sessions.map(({ id, traceIds }) => [id, traceIds.length]),
        [['s'.repeat(256), 5]],
      )
    })

    it('counts ids as characters that it stores', () => {
      const store = storeOf({ storedCharacters: 10_000 })
      for (let index = 0; index < 100; index++) {
        store.addRumEvents([{ sessionId: `${index}`.padStart(256, 's'), type: 'other', at: 0, event: {} }])
      }
      assert.equal(store.state().sessions.length, 39)
    })

    for (const [name, send] of Object.entries({
      'an APM span': (store: TelemetryStore, index: number) =>
        store.addApmSpans([{ ...APM_SPAN, requestId: `${index}`.padStart(16, '0'), host: megabytes() }]),
      'an APM session': (store: TelemetryStore, index: number) =>
        store.addApmSpans([{ ...APM_SPAN, requestId: `${index}`.padStart(16, '0'), sessionId: megabytes() }]),
      'a RUM session': (store: TelemetryStore, index: number) => {
        const session = { id: `${index}${megabytes()}` }
        const line = JSON.stringify({ type: 'view', session, view: { id: 'v' } })
        store.addRumEvents(rumEvents(Buffer.from(line), null, 1e8))
      },
      'a tag with a long name': (store: TelemetryStore, index: number) => {
        const tags = [`${megabytes()}:a value of some length`]
        store.addSpans(llmObsSpans({ spans: [{ trace_id: `${index}`, span_id: '1', tags }] }), 'dd-trace')
      },
    })) {
      it(`keeps the short text alone of ${name}`, () => {
        const store = storeOf({})
        collectGarbage()
        const before = process.memoryUsage().heapUsed
        for (let index = 0; index < 15; index++) send(store, index)
        collectGarbage()
        const grown = process.memoryUsage().heapUsed - before
        assert.ok(grown < 20e6, `${grown} bytes`)
        store.clear()
      })
    }

    it('keeps a bounded number of requests of a trace whose span comes again with another', () => {
      const store = storeOf({ spansPerTrace: 3 })
      for (let index = 0; index < 10; index++) {
        const _dd = { apm_trace_id: `${index}`.padStart(16, '0') }
        store.addSpans(llmObsSpans({ spans: [{ trace_id: 't', span_id: '1', _dd }] }), 'dd-trace')
        store.addApmSpans([{ ...APM_SPAN, requestId: _dd.apm_trace_id }])
      }
      assert.equal(store.apmSpansOf('t').length, 3)
    })

    it('keeps what is known of a request while one of its traces is left', () => {
      const store = storeOf({ traces: 2 })
      const event = (traceId: string) => ({
        trace_id: traceId,
        span_id: '1',
        _dd: { apm_trace_id: APM_SPAN.requestId },
        tags: ['service:shop'],
      })
      for (const traceId of ['one', 'two', 'three']) {
        store.addSpans(llmObsSpans({ spans: [event(traceId)] }), 'dd-trace')
      }
      const before = store.trace('three')?.reason?.code
      store.addApmSpans([APM_SPAN])
      assert.equal(before, 'no-server-span')
      assert.notEqual(store.trace('three')?.reason?.code, before)
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

    it('summarises a trace by its question and by how many spans have a session', () => {
      const store = storeOf({})
      addSpans(store, joined('t', 's'), { traceId: 't', spanId: '2', attributes: AGENT })
      const [trace] = store.overview().traces
      assert.deepEqual([trace?.question, trace?.llmSpans, trace?.joinedSpans], ['question t', 2, 1])
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

    it('names what was removed to make room, and the sessions that lost a trace by it', () => {
      const store = storeOf({ traces: 2 })
      addSpans(store, joined('t', 's'))
      addSpans(store, joined('t2', 's2'), joined('t3', 's2'))
      const { revision } = store.overview()
      addSpans(store, joined('t4', 's4'))
      const { isComplete, removed, sessions } = store.overview(revision)
      assert.equal(isComplete, false)
      assert.deepEqual(removed, ['t2', 's2'])
      assert.deepEqual(
        sessions.map(({ id, traceIds }) => [id, traceIds]),
        [
          ['s2', ['t3']],
          ['s4', ['t4']],
        ],
      )
    })

    it('is complete where more was removed than it remembers, after a clear, and for another run', () => {
      const store = storeOf({ traces: 1 })
      addSpans(store, joined('t', 's'))
      const { revision } = store.overview()
      const many = Array.from({ length: 10_001 }, (_, index) => joined(`many-${index}`, 's'))
      addSpans(store, ...many)
      assert.equal(store.overview(revision).isComplete, true)
      const later = store.overview().revision
      store.clear()
      assert.equal(store.overview(later).isComplete, true)
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

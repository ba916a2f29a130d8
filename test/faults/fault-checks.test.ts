import assert from 'node:assert/strict'
import { SPANS_PER_REQUEST } from '../support/agent-backend.js'
import { OtlpRecorder, type RecordedSpan } from '../support/otlp-recorder.js'
import type { SentRequest } from '../support/steady-load.js'
import { checkFault, type FaultRow, failuresOf } from './fault-checks.js'

const request: SentRequest = {
  traceId: 'trace',
  sessionId: 'session',
  outcome: 'answered',
  hadBegun: true,
  from: 1000,
  to: 3000,
}
const broken: SentRequest = { ...request, outcome: 'broken' }

describe('checkFault', () => {
  let recorders: [accepted: OtlpRecorder, delivered: OtlpRecorder]

  beforeEach(async () => {
    recorders = [await OtlpRecorder.start(), await OtlpRecorder.start()]
  })
  afterEach(() => Promise.all(recorders.map((recorder) => recorder.stop())))

  function row(requests: SentRequest[], backendAway: { from: number; to: number }[] = []): FaultRow {
    const [accepted, delivered] = recorders
    const fault = { name: 'none', leavesCollector: true, happened: true } as const
    return checkFault(fault, requests, [request], { accepted, delivered, backendAway })
  }

  function deliver(count: number, { traceId = 'trace', session }: { traceId?: string; session?: string }) {
    for (let index = 0; index < count; index++) {
      const attributes = session === undefined ? {} : { 'gen_ai.conversation.id': session }
      const span = { traceId, spanId: `${traceId}-${index}`, kind: 'agent', attributes }
      for (const { offered, accepted } of recorders) {
        for (const spans of [offered, accepted]) spans.set(span.spanId, span as unknown as RecordedSpan)
      }
    }
  }

  it('reports no failure when every span arrives with the session of its request', () => {
    deliver(SPANS_PER_REQUEST, { session: 'session' })
    assert.deepEqual(failuresOf(row([request])), [])
  })

  for (const [name, spans] of Object.entries({
    'with another session': { session: 'another' },
    'without a session': {},
    'of an unknown trace': { traceId: 'unknown', session: 'session' },
    'of an unknown trace, without a session': { traceId: 'unknown' },
  })) {
    it(`counts spans ${name} in wrongSession`, () => {
      deliver(3, spans)
      assert.equal(row([request]).wrongSession, 3)
    })
  }

  it('counts a broken request as cut when it was open while the backend was away, otherwise as failed', () => {
    assert.equal(row([broken]).failed, 1)
    for (const [from, to, cut] of [
      [500, 900, 0],
      [2000, 2500, 1],
      [3100, 4000, 0],
    ] as const) {
      const { cut: counted, failed } = row([broken], [{ from, to }])
      assert.deepEqual({ counted, failed }, { counted: cut, failed: 1 - cut })
    }
  })

  it('counts a wrong answer as failed even when the backend was away', () => {
    const { cut, failed } = row([{ ...request, outcome: 'failed' }], [{ from: 2000, to: 2500 }])
    assert.deepEqual({ cut, failed }, { cut: 0, failed: 1 })
  })

  it('reports a restart as happened only when it cut a response that had begun', () => {
    const away = [{ from: 2000, to: 2500 }]
    assert.equal(row([{ ...broken, hadBegun: false }], away).happened, false)
    assert.equal(row([{ ...broken, hadBegun: true }], away).happened, true)
  })
})

describe('failuresOf', () => {
  const all = { expected: 24, sent: 24, accepted: 24, delivered: 24 }
  const none = { failed: 0, cut: 0, lost: 0, repeated: 0, rejections: 0, wrongSession: 0 }
  const p99s = { p99: 2000, controlP99: 2000 }
  const good: FaultRow = { fault: 'none', happened: true, requests: 2, ...all, ...none, ...p99s }
  const behindCollector: Partial<FaultRow> = { fault: 'viewer away' }

  it('is empty for a row without a problem', () => assert.deepEqual(failuresOf(good), []))

  const bad: [change: Partial<FaultRow>, problem: RegExp][] = [
    [{ happened: false }, /did not happen/],
    [{ expected: null, accepted: 0, delivered: 0 }, /no span was delivered/],
    [{ failed: 1 }, /1 requests failed/],
    [{ lost: 1 }, /1 accepted spans were not delivered/],
    [{ delivered: 23 }, /24 spans were accepted and 23 delivered; the requests make 24/],
    [{ accepted: 23 }, /23 spans were accepted/],
    [{ accepted: 12, delivered: 12 }, /the requests make 24/],
    [{ ...behindCollector, accepted: 12, delivered: 12 }, /the requests make 24/],
    [{ repeated: 1 }, /1 spans were repeated/],
    [{ rejections: 1 }, /1 successful answers rejected spans/],
    [{ wrongSession: 1 }, /1 spans do not have the session of their request/],
    [{ p99: 4001 }, /tolerated are 4000 ms/],
    [{ ...behindCollector, p99: 5001 }, /tolerated are 5000 ms/],
    [{ p99: Number.NaN }, /were slow/],
    [{ controlP99: Number.NaN }, /were slow/],
  ]
  for (const [change, problem] of bad) {
    it(`reports one failure, ${problem.source}, for ${JSON.stringify(change)}`, () => {
      const problems = failuresOf({ ...good, ...change })
      assert.equal(problems.length, 1)
      assert.match(problems[0] ?? '', problem)
    })
  }

  it('accepts repeated spans when there is a fault', () => {
    assert.deepEqual(failuresOf({ ...good, fault: 'collector killed', repeated: 5 }), [])
  })
})

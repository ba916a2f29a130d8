import { SPANS_PER_REQUEST } from '../support/agent-backend.js'
import type { RecordedSpan } from '../support/otlp-recorder.js'
import { padCells } from '../support/printed-table.js'
import type { SentRequest } from '../support/steady-load.js'
import type { FaultStack } from './fault-stack.js'

/** Results of one fault. Counts of spans are of LLM Observability spans only. */
export interface FaultRow {
  fault: string
  happened: boolean
  requests: number
  /** Requests without a complete answer, except those in `cut`. */
  failed: number
  /** Requests whose connection broke while the backend was away. */
  cut: number
  /** Milliseconds; NaN without an answered request. */
  p99: number
  /** p99 of the control: the same requests at the same time to a backend without telemetry. */
  controlP99: number
  /** Spans that must be delivered; null where the fault keeps the Collector from taking all of them. */
  expected: number | null
  sent: number
  accepted: number
  delivered: number
  lost: number
  repeated: number
  /** Successful answers that report rejected spans. */
  rejections: number
  wrongSession: number
}

/**
 * Compares the spans that the viewer received with those that the Collector accepted, and the session of each with the
 * session of its request.
 */
export function checkFault(
  { name, leavesCollector, happened }: { name: string; leavesCollector?: true; happened: boolean },
  requests: SentRequest[],
  controlRequests: SentRequest[],
  { accepted, delivered, backendAway }: Pick<FaultStack, 'accepted' | 'delivered' | 'backendAway'>,
): FaultRow {
  const sessions = new Map(requests.map(({ traceId, sessionId }) => [traceId, sessionId]))
  const answered = requests.filter(({ outcome }) => outcome === 'answered')
  const cut = requests.filter(
    ({ outcome, from, to }) =>
      outcome === 'broken' && backendAway.some((away) => from < away.to && to > away.from),
  )
  const acceptedSpans = agentSpans(accepted.accepted)
  const arrived = agentSpans(delivered.accepted)
  return {
    fault: name,
    happened: happened && (backendAway.length === 0 || cut.some(({ hadBegun }) => hadBegun)),
    requests: requests.length,
    failed: requests.length - answered.length - cut.length,
    cut: cut.length,
    p99: p99(requests),
    controlP99: p99(controlRequests),
    expected: leavesCollector ? answered.length * SPANS_PER_REQUEST : null,
    sent: agentSpans(accepted.offered).length,
    accepted: acceptedSpans.length,
    delivered: arrived.length,
    lost: acceptedSpans.filter(({ spanId }) => !delivered.accepted.has(spanId)).length,
    repeated: arrived.filter(({ spanId }) => delivered.repeated.has(spanId)).length,
    rejections: accepted.rejections + delivered.rejections,
    wrongSession: arrived.filter(({ traceId, attributes }) => {
      const session = sessions.get(traceId)
      return session === undefined || attributes['gen_ai.conversation.id'] !== session
    }).length,
  }
}

/** Returns why the run of a fault fails; empty when it passes. */
export function failuresOf(row: FaultRow): string[] {
  const { expected, accepted, delivered } = row
  const allowed = toleratedP99(row)
  const problems: [isWrong: boolean, problem: string][] = [
    [!row.happened, 'the fault did not happen'],
    [delivered === 0, 'no span was delivered'],
    [row.failed > 0, `${row.failed} requests failed`],
    [row.lost > 0, `${row.lost} accepted spans were not delivered`],
    [
      expected !== null && !(accepted === expected && delivered === expected),
      `${accepted} spans were accepted and ${delivered} delivered; the requests make ${expected}`,
    ],
    [row.fault === 'none' && row.repeated > 0, `${row.repeated} spans were repeated without a fault`],
    [row.rejections > 0, `${row.rejections} successful answers rejected spans`],
    [row.wrongSession > 0, `${row.wrongSession} spans do not have the session of their request`],
    // True for NaN too.
    [!(row.p99 <= allowed), `requests were slow: p99 ${row.p99} ms, tolerated are ${allowed} ms`],
  ]
  return problems.filter(([isWrong]) => isWrong).map(([, problem]) => problem)
}

/**
 * Milliseconds. The margin is wide because the backend and its control share two cores with the Collector and the viewer,
 * and p99 of so few requests is the slowest one.
 */
function toleratedP99({ fault, controlP99 }: FaultRow): number {
  return Math.round((fault === 'none' ? 1.5 : 2) * controlP99 + 1000)
}

const columns: [string, (row: FaultRow) => string | number][] = [
  ['fault', ({ fault }) => fault],
  ['requests', ({ requests }) => requests],
  ['failed', ({ failed }) => failed],
  ['cut', ({ cut }) => cut],
  ['p99 ms', ({ p99 }) => p99],
  ['p99 ms without telemetry', ({ controlP99 }) => controlP99],
  ['spans sent', ({ sent }) => sent],
  ['accepted', ({ accepted }) => accepted],
  ['delivered', ({ delivered }) => delivered],
  ['lost', ({ lost }) => lost],
  ['repeated', ({ repeated }) => repeated],
  ['wrong session', ({ wrongSession }) => wrongSession],
]

export function table(rows: FaultRow[]): string {
  const head = columns.map(([title]) => title)
  const lines = [head, ...rows.map((row) => columns.map(([, cell]) => String(cell(row))))]
  return padCells(lines, (column) => column > 0)
    .map((cells) => cells.join('  '))
    .join('\n')
}

function agentSpans(spans: Map<string, RecordedSpan>): RecordedSpan[] {
  return [...spans.values()].filter(({ kind }) => kind !== null)
}

function p99(requests: SentRequest[]): number {
  const sorted = requests
    .filter(({ outcome }) => outcome === 'answered')
    .map(({ from, to }) => Math.round(to - from))
    .sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
}

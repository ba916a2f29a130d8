import { SPANS_PER_REQUEST } from '../support/agent-backend.js'
import type { RecordedSpan } from '../support/otlp-recorder.js'
import type { SentRequest } from '../support/steady-load.js'
import type { FaultStack } from './fault-stack.js'

/** Counts of one fault. Spans are those of LLM Observability. */
export interface FaultRow {
  fault: string
  happened: boolean
  requests: number
  /** Not answered as they should be, those apart that broke with the backend itself. */
  failed: number
  /** Broken connections of requests that were open while the backend was away. */
  cut: number
  /** Milliseconds; NaN when nothing was answered. */
  p99: number
  /** Of the same requests, sent at the same time to a backend without telemetry. */
  controlP99: number
  /** Spans that there must be; null where the Collector could not take all of them. */
  expected: number | null
  sent: number
  accepted: number
  delivered: number
  lost: number
  repeated: number
  /** Answers of success that say that not every span was taken. */
  rejections: number
  wrongSession: number
}

/** Holds what the viewer took against what the Collector accepted, and each span's session against its request's. */
export function judge(
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
  const taken = agentSpans(accepted.accepted)
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
    accepted: taken.length,
    delivered: arrived.length,
    lost: taken.filter(({ spanId }) => !delivered.accepted.has(spanId)).length,
    repeated: arrived.filter(({ spanId }) => delivered.repeated.has(spanId)).length,
    rejections: accepted.rejections + delivered.rejections,
    wrongSession: arrived.filter(({ traceId, attributes }) => {
      const session = sessions.get(traceId)
      return session === undefined || attributes['gen_ai.conversation.id'] !== session
    }).length,
  }
}

/** Why a row is not good enough; nothing when it is. */
export function failuresOf(row: FaultRow): string[] {
  const { expected, accepted, delivered } = row
  const allowed = slowest(row)
  const problems: [isWrong: boolean, problem: string][] = [
    [!row.happened, 'the fault did not show'],
    [delivered === 0, 'no span was delivered'],
    [row.failed > 0, `${row.failed} requests failed`],
    [row.lost > 0, `${row.lost} accepted spans were not delivered`],
    [
      expected !== null && !(accepted === expected && delivered === expected),
      `${accepted} spans were accepted and ${delivered} delivered, where the requests make ${expected}`,
    ],
    [row.fault === 'none' && row.repeated > 0, `${row.repeated} spans were repeated without a fault`],
    [row.rejections > 0, `${row.rejections} answers of success rejected spans`],
    [row.wrongSession > 0, `${row.wrongSession} spans have another session than their request`],
    // Also when either is NaN.
    [!(row.p99 <= allowed), `requests were slow: p99 ${row.p99} ms, where ${allowed} ms are tolerated`],
  ]
  return problems.filter(([isWrong]) => isWrong).map(([, problem]) => problem)
}

/**
 * The p99 that is tolerated, in milliseconds. On two shared cores the Collector, the viewer and a part that starts again
 * take time from the backend and from its control alike, but never for the same requests.
 */
function slowest({ fault, controlP99 }: FaultRow): number {
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
  const lines = [
    columns.map(([title]) => title),
    ...rows.map((row) => columns.map(([, cell]) => String(cell(row)))),
  ]
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)
  return lines.map((line) => line.map(pad).join('  ')).join('\n')
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

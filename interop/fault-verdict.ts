import type { FaultStack } from './fault-stack.js'
import type { RecordedSpan } from './otlp-recorder.js'
import type { SentRequest } from './steady-load.js'

/** Counts of one fault. Spans are those of LLM Observability. */
export interface FaultRow {
  fault: string
  happened: boolean
  requests: number
  /** Not answered with success, those apart that broke with the backend itself. */
  failed: number
  cut: number
  p99: number
  /** Of the same requests, sent at the same time to a backend without telemetry. */
  controlP99: number
  sent: number
  accepted: number
  delivered: number
  lost: number
  repeated: number
  wrongSession: number
}

/** Holds what the viewer took against what the Collector accepted, and each span's session against its request's. */
export function judge(
  { name, cutsRequests, happened }: { name: string; cutsRequests: boolean; happened: boolean },
  requests: SentRequest[],
  controlRequests: SentRequest[],
  { accepted, delivered }: Pick<FaultStack, 'accepted' | 'delivered'>,
): FaultRow {
  const sessions = new Map(requests.map(({ traceId, sessionId }) => [traceId, sessionId]))
  const unsuccessful = requests.filter(({ status }) => status !== 200)
  const cut = cutsRequests ? unsuccessful.filter(({ status }) => status === null).length : 0
  const taken = agentSpans(accepted.accepted)
  const arrived = agentSpans(delivered.accepted)
  return {
    fault: name,
    happened,
    requests: requests.length,
    failed: unsuccessful.length - cut,
    cut,
    p99: p99(requests),
    controlP99: p99(controlRequests),
    sent: agentSpans(accepted.offered).length,
    accepted: taken.length,
    delivered: arrived.length,
    lost: taken.filter(({ spanId }) => !delivered.accepted.has(spanId)).length,
    repeated: arrived.filter(({ spanId }) => delivered.repeated.has(spanId)).length,
    wrongSession: arrived.filter(
      ({ traceId, attributes }) => attributes['gen_ai.conversation.id'] !== sessions.get(traceId),
    ).length,
  }
}

/** Why a row is not good enough; nothing when it is. */
export function failuresOf(row: FaultRow, withoutFault: FaultRow): string[] {
  const problems: string[] = []
  if (!row.happened) problems.push('the fault did not show')
  if (row.delivered === 0) problems.push('no span was delivered')
  if (row.failed > 0) problems.push(`${row.failed} requests failed`)
  if (row.lost > 0) problems.push(`${row.lost} accepted spans were not delivered`)
  if (row.wrongSession > 0) problems.push(`${row.wrongSession} spans have another session than their request`)
  const allowed = 2 * slowdown(withoutFault) * row.controlP99 + 1000
  if (row.p99 > allowed) problems.push(`requests became slow: p99 above ${Math.round(allowed)} ms`)
  return problems
}

/** How much slower requests are with telemetry; on a machine that is busy with other things this is far above 1. */
function slowdown({ p99, controlP99 }: FaultRow): number {
  return Math.max(1, p99 / controlP99)
}

const columns: [string, (row: FaultRow) => string | number][] = [
  ['fault', ({ fault }) => fault],
  ['requests', ({ requests }) => requests],
  ['failed', ({ failed }) => failed],
  ['cut', ({ cut }) => cut],
  ['p99 ms', ({ p99 }) => Math.round(p99)],
  ['without telemetry', ({ controlP99 }) => Math.round(controlP99)],
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
    .filter(({ status }) => status === 200)
    .map(({ milliseconds }) => milliseconds)
    .sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0
}

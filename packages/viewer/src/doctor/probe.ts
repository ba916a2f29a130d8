import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DoctorCommand } from '../command-line.js'
import type { Span, Trace } from '../telemetry.js'
import { causeOf } from './preflight.js'

/** One request to the agent endpoint, and which traces came of it. */
export interface ProbeAnswer {
  sessionId: string | null
  /** Of the `traceparent` that was sent. */
  traceId: string
  parentId: string
  status: number | null
  /** Where the answer sends the page on. */
  location: string | null
  /** How long the backend answered that it is not ready. */
  unreadyMs: number
  /** Why there is no whole answer. */
  failure: string | null
  /**
   * The traces of this request: that of its `traceparent`, or else those that began while it was served; of these, where
   * some carry its session, those alone.
   */
  tracesIn(traces: readonly Trace[]): Trace[]
  /** Began while it was served. */
  isMeanwhile(trace: Trace): boolean
}

const TIMEOUT_MS = 120_000

/** What a backend, or a proxy before it, answers until it is ready. */
const UNREADY = [502, 503, 504]
const RETRY_MS = 500

/** Sends the request that a page would send, with its session in `baggage` or without one, until the backend is ready. */
export async function sendProbe(command: DoctorCommand, sessionId: string | null): Promise<ProbeAnswer> {
  const startedAt = Date.now()
  for (let unreadyMs = 0; ; unreadyMs = Date.now() - startedAt) {
    const answer = await send(command, sessionId)
    if (!UNREADY.includes(answer.status ?? 0) || Date.now() - startedAt >= command.timeoutMs) {
      return { ...answer, unreadyMs }
    }
    await sleep(RETRY_MS)
  }
}

async function send(
  { url, origin, method, body, headers }: DoctorCommand,
  sessionId: string | null,
): Promise<Omit<ProbeAnswer, 'unreadyMs'>> {
  const traceId = randomBytes(16).toString('hex')
  const parentId = randomBytes(8).toString('hex')
  const startedAt = Date.now()
  let status: number | null = null
  let location: string | null = null
  let failure: string | null = null
  try {
    const response = await fetch(url, {
      method,
      headers: {
        origin,
        'content-type': 'application/json',
        ...Object.fromEntries(headers),
        traceparent: `00-${traceId}-${parentId}-01`,
        ...(sessionId !== null && { baggage: `session.id=${sessionId}` }),
      },
      ...(method !== 'GET' && method !== 'HEAD' && { body }),
      // Another origin must not get the session and the headers, which may hold a secret.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    status = response.status
    location = response.headers.get('location')
    await response.arrayBuffer()
  } catch (error) {
    failure = causeOf(error)
  }
  const endedAt = Date.now()
  const isMeanwhile = ({ startedAt: at }: Trace) => at >= startedAt - 1 && at <= endedAt
  return {
    sessionId,
    traceId,
    parentId,
    status,
    location,
    failure,
    isMeanwhile,
    tracesIn(traces) {
      const continued = traces.filter((trace) => trace.traceId === traceId || isApmOf(trace, traceId))
      if (continued.some(hasLlmSpan)) return continued
      const began = traces.filter(isMeanwhile)
      const joined = began.filter(({ spans }) => spans.some((span) => shows(span, sessionId)))
      return joined.some(hasLlmSpan) ? [...new Set([...continued, ...joined])] : began
    },
  }
}

/** Whether any attribute of a span is the session. */
export function shows({ sessionId, attributes }: Span, session: string | null): boolean {
  return session !== null && (sessionId === session || Object.values(attributes).includes(session))
}

/** A Datadog SDK gives its events a trace id of their own and names the request's beside it. */
function isApmOf({ spans }: Trace, traceId: string): boolean {
  return spans.some(({ apmTraceId }) => apmTraceId === traceId)
}

export function hasLlmSpan({ spans }: Trace): boolean {
  return spans.some(({ kind }) => kind !== null)
}

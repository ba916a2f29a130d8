import { inflateSync } from 'node:zlib'
import { boundedSessionId } from './bounds.js'
import { isRecord, number, parseJson, record, text } from './json.js'

/** A RUM event that belongs to a session; times are milliseconds. */
export interface RumEvent {
  sessionId: string
  type: string
  at: number
  event: Record<string, unknown>
}

/**
 * The events of one request that the RUM browser SDK sends to its `proxy`: newline-delimited JSON, deflated when the
 * forwarded intake path says so. Lines that are not events of a session are left out, and so is everything that goes
 * to another track (Session Replay, logs).
 * https://docs.datadoghq.com/real_user_monitoring/guide/proxy-rum-data/
 *
 * @param forward the request's `ddforward` parameter, the path and query that Datadog's intake would see
 * @throws what zlib throws, for a body that is not deflated or passes `maxBytes` inflated
 */
export function rumEvents(body: Buffer, forward: string | null, maxBytes: number): RumEvent[] {
  const intake = new URL(forward ?? '/api/v2/rum', 'http://intake')
  if (!intake.pathname.endsWith('/rum')) return []
  const inflated =
    intake.searchParams.get('dd-evp-encoding') === 'deflate'
      ? inflateSync(body, { maxOutputLength: maxBytes })
      : body
  return inflated.toString('utf8').split('\n').flatMap(rumEvent)
}

function rumEvent(line: string): RumEvent[] {
  const event = line.trim() === '' ? undefined : parseJson(line)
  if (!isRecord(event)) return []
  const sessionId = boundedSessionId(text(record(event.session).id) ?? '')
  const type = text(event.type)
  return sessionId && type ? [{ sessionId, type, at: number(event.date) ?? Date.now(), event }] : []
}

import { notInRum } from './reasons/session-reasons.js'
import type { Session, Trace } from './telemetry.js'

/** The sessions that spans carry and that are not in `reported`, of the ids that are wanted. */
export function sessionsFromSpans(
  traces: readonly Trace[],
  reported: ReadonlyMap<string, unknown>,
  isWanted: (id: string) => boolean,
): Session[] {
  const found = new Map<string, Session>()
  for (const { sessionIds, traceId, startedAt, durationMs } of traces) {
    for (const id of sessionIds) {
      if (reported.has(id) || !isWanted(id)) continue
      const session = found.get(id) ?? {
        id,
        isReportedByRum: false,
        startedAt,
        lastSeenAt: startedAt,
        views: [],
        actions: [],
        resources: [],
        errors: [],
        traceIds: [],
      }
      session.startedAt = Math.min(session.startedAt, startedAt)
      session.lastSeenAt = Math.max(session.lastSeenAt, startedAt + durationMs)
      session.traceIds.push(traceId)
      found.set(id, session)
    }
  }
  for (const session of found.values()) session.reason = notInRum(session.traceIds.length, reported.size)
  return [...found.values()]
}

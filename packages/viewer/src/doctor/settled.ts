import { setTimeout as sleep } from 'node:timers/promises'
import type { Trace } from '../telemetry.js'
import type { TelemetryStore } from '../telemetry-store.js'
import { hasLlmSpan, type ProbeAnswer } from './probe.js'

const POLL_MS = 200
/** A backend that was started here sends its batches every 500 ms. */
const QUIET_MS = 2500
/** Exporters send in batches, 5 seconds apart by default; what comes of one request may come in several. */
const BATCH_MS = 5500

/**
 * Waits until the LLM spans of a request have come and nothing more does, or for `timeoutMs`.
 *
 * @param isStarted whether the backend was started with soon batches
 * @returns how long it waited, in milliseconds
 */
export async function settled(
  store: TelemetryStore,
  probe: ProbeAnswer,
  timeoutMs: number,
  isStarted: boolean,
): Promise<number> {
  const startedAt = Date.now()
  let changedAt = startedAt
  let known = 0
  for (;;) {
    const now = Date.now()
    const traces = probe.tracesIn(store.state().traces)
    // The spans of this request alone: other traffic never ends.
    const count = traces.reduce((sum, { spans }) => sum + spans.length, 0) + store.notices().length
    if (count !== known) changedAt = now
    known = count
    const hasCome = traces.some(hasLlmSpan)
    const quietMs =
      isStarted && hasCome && traces.every((trace) => isWhole(trace, probe)) ? QUIET_MS : BATCH_MS
    // After a gRPC client, spans may still come of another one.
    if ((hasCome || store.notices().length > 0) && now - changedAt > quietMs) break
    if (now - startedAt > timeoutMs) break
    await sleep(POLL_MS)
  }
  return Date.now() - startedAt
}

/** Whether each parent has come. A server span ends last, so it comes in a batch after the LLM spans. */
function isWhole({ source, spans }: Trace, { parentId }: ProbeAnswer): boolean {
  const known = new Set([parentId, ...spans.map(({ spanId }) => spanId)])
  return source === 'dd-trace' || spans.every((span) => !span.parentSpanId || known.has(span.parentSpanId))
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { TelemetryStore } from '../telemetry-store.js'
import { hasLlmSpan, type ProbeAnswer } from './probe.js'

const POLL_MS = 200
/** Exporters send in batches, 5 seconds apart by default; what comes of one request may come in several. */
const QUIET_MS = 2500

/** Waits until the LLM spans of a request have come and nothing more does, or for `timeoutMs`. */
export async function settled(store: TelemetryStore, probe: ProbeAnswer, timeoutMs: number): Promise<void> {
  let changedAt = Date.now()
  const changed = () => {
    changedAt = Date.now()
  }
  store.on('change', changed)
  const deadline = Date.now() + timeoutMs
  try {
    while (Date.now() < deadline && store.notices().length === 0) {
      const hasCome = probe.tracesIn(store.state().traces).some(hasLlmSpan)
      if (hasCome && Date.now() - changedAt > QUIET_MS) return
      await sleep(POLL_MS)
    }
  } finally {
    store.off('change', changed)
  }
}

import { type Context, propagation } from '@opentelemetry/api'
import { RUM_BAGGAGE_KEYS } from './baggage-header.js'
import { SESSION_BAGGAGE_KEY } from './session-from-baggage.js'

/** Whether the baggage of a context has a `session.id`, valid or not. Returns true for baggage that throws. */
export function hasSessionEntry(context: Context): boolean {
  try {
    return propagation.getBaggage(context)?.getEntry(SESSION_BAGGAGE_KEY) !== undefined
  } catch {
    return true
  }
}

/** Returns `context` without RUM's entries, and `context` itself if it has none. */
export function withoutRumEntries(context: Context): Context {
  try {
    const baggage = propagation.getBaggage(context)
    if (baggage === undefined) return context
    const rest = baggage.removeEntries(...RUM_BAGGAGE_KEYS)
    const left = rest.getAllEntries().length
    if (left === baggage.getAllEntries().length) return context
    if (left > 0) return propagation.setBaggage(context, rest)
  } catch {
    // Baggage that throws is withheld as a whole. The trace context is still sent.
  }
  return propagation.deleteBaggage(context)
}

import { type Context, propagation } from '@opentelemetry/api'
import { RUM_BAGGAGE_KEYS } from './baggage-header.js'
import { SESSION_BAGGAGE_KEY } from './session-from-baggage.js'

/** Says whether the baggage of a context has an entry `session.id`, valid or not; true if it cannot be read. */
export function hasSessionEntry(context: Context): boolean {
  try {
    return propagation.getBaggage(context)?.getEntry(SESSION_BAGGAGE_KEY) !== undefined
  } catch {
    return true
  }
}

/** Returns `context` without RUM's entries, the same object if it has none. */
export function withoutRumEntries(context: Context): Context {
  try {
    const baggage = propagation.getBaggage(context)
    if (baggage === undefined) return context
    const rest = baggage.removeEntries(...RUM_BAGGAGE_KEYS)
    const left = rest.getAllEntries().length
    if (left === baggage.getAllEntries().length) return context
    if (left > 0) return propagation.setBaggage(context, rest)
  } catch {
    // A baggage that cannot be taken apart is withheld as a whole. The trace context still goes out.
  }
  return propagation.deleteBaggage(context)
}

import { EventEmitter } from 'node:events'
import { boundedSpan, boundedTexts } from './bounds.js'
import { DEFAULT_LIMITS, type Limits } from './limits.js'
import type { ReceivedSpan } from './otlp-spans.js'
import type { RumEvent } from './rum-events.js'
import { StoredSession } from './session-store.js'
import { StoredTrace } from './stored-trace.js'
import type { State, TraceSource } from './telemetry.js'

/**
 * What the viewer has received and still keeps, in memory and within {@link Limits}. Emits `change` after every
 * addition. Sessions and traces meet only in {@link TelemetryStore.state}, through the session of the spans.
 */
export class TelemetryStore extends EventEmitter<{ change: [] }> {
  private readonly limits: Limits
  private readonly sessions = new Map<string, StoredSession>()
  private readonly traces = new Map<string, StoredTrace>()

  constructor(limits: Partial<Limits> = {}) {
    super()
    this.setMaxListeners(0)
    this.limits = { ...DEFAULT_LIMITS, ...limits }
  }

  addRumEvents(events: readonly RumEvent[]): void {
    for (const received of events) {
      const event = boundedTexts(received, this.limits.textLength)
      const session =
        this.sessions.get(event.sessionId) ?? new StoredSession(event.sessionId, this.limits.eventsPerSession)
      session.add(event)
      moveToEnd(this.sessions, event.sessionId, session)
    }
    if (events.length > 0) this.changed()
  }

  /** Returns how many spans found their trace full. */
  addSpans(spans: readonly ReceivedSpan[], source: TraceSource): number {
    let rejected = 0
    for (const { traceId, span } of spans) {
      const trace = this.traces.get(traceId) ?? new StoredTrace(traceId, this.limits.spansPerTrace)
      if (!trace.add(boundedSpan(span, this.limits), source)) rejected++
      moveToEnd(this.traces, traceId, trace)
    }
    if (spans.length > 0) this.changed()
    return rejected
  }

  /** Sessions and traces, the newest first. */
  state(): State {
    const traces = [...this.traces.values()]
      .map((trace) => trace.snapshot())
      .sort((one, other) => other.startedAt - one.startedAt)
    const traceIds = (sessionId: string) =>
      traces.filter(({ sessionIds }) => sessionIds.includes(sessionId)).map(({ traceId }) => traceId)
    const sessions = [...this.sessions.values()]
      .map((session) => session.snapshot(traceIds(session.id)))
      .sort((one, other) => other.lastSeenAt - one.lastSeenAt)
    return { sessions, traces }
  }

  clear(): void {
    this.sessions.clear()
    this.traces.clear()
    this.emit('change')
  }

  private changed(): void {
    this.evict()
    this.emit('change')
  }

  /** The least recently touched go first, and traces without an LLM span before those with one. */
  private evict(): void {
    while (this.sessions.size > this.limits.sessions) this.sessions.delete(oldest(this.sessions))
    let size = sum(this.traces.values()) + sum(this.sessions.values())
    while (
      this.traces.size > this.limits.traces ||
      (size > this.limits.storedCharacters && this.traces.size > 0)
    ) {
      const victim =
        [...this.traces.values()].find((trace) => !trace.isLlmTrace)?.traceId ?? oldest(this.traces)
      size -= this.traces.get(victim)?.size ?? 0
      this.traces.delete(victim)
    }
    while (size > this.limits.storedCharacters && this.sessions.size > 0) {
      const victim = oldest(this.sessions)
      size -= this.sessions.get(victim)?.size ?? 0
      this.sessions.delete(victim)
    }
  }
}

function moveToEnd<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
}

function oldest(map: Map<string, unknown>): string {
  return map.keys().next().value as string
}

function sum(items: Iterable<{ size: number }>): number {
  let total = 0
  for (const { size } of items) total += size
  return total
}

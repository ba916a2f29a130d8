import { EventEmitter } from 'node:events'
import type { ApmSpan } from './apm-spans.js'
import { boundedSpan, boundedTexts } from './bounds.js'
import { record, text } from './json.js'
import { DEFAULT_LIMITS, type Limits } from './limits.js'
import type { ReceivedSpan } from './otlp-spans.js'
import { RequestFacts, requestIdOf, type SentSession } from './request-facts.js'
import type { RumEvent } from './rum-events.js'
import { StoredSession } from './session-store.js'
import { sessionsFromSpans } from './sessions-from-spans.js'
import { StoredTrace } from './stored-trace.js'
import { sessionSummary, traceSummary } from './summaries.js'
import type { Overview, Reason, Session, State, Trace, TraceSource } from './telemetry.js'

const REMEMBERED_REMOVALS = 10_000

/**
 * What the viewer has received and still keeps, in memory and within {@link Limits}. Emits `change` after every
 * addition. Sessions and traces meet only in what is read from here, through the session of the spans.
 */
export class TelemetryStore extends EventEmitter<{ change: [] }> {
  private readonly limits: Limits
  private readonly sessions = new Map<string, StoredSession>()
  private readonly traces = new Map<string, StoredTrace>()
  private readonly facts = new RequestFacts()
  /** Which traces answer a request. */
  private readonly tracesOf = new Map<string, Set<StoredTrace>>()
  private readonly noticed = new Map<string, Reason>()
  /** Counts changes; a reader that names the last one it saw gets what came after it. */
  private revision = 1
  /** What was removed last; of what went before `knownSince`, nothing is known. */
  private readonly removals: { revision: number; id: string; sessionIds: string[] }[] = []
  private knownSince = 0
  private size = 0

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
      this.touch(this.sessions, event.sessionId, session, () => session.add(event))
      const traceId = text(record(event.event._dd).trace_id)
      if (traceId) this.addSentSession(traceId, { id: event.sessionId, by: 'RUM' })
    }
    if (events.length > 0) this.changed()
  }

  /** Returns how many spans found their trace full. */
  addSpans(spans: readonly ReceivedSpan[], source: TraceSource): number {
    let rejected = 0
    for (const { traceId, span } of spans) {
      const trace =
        this.traces.get(traceId) ?? new StoredTrace(traceId, this.limits.spansPerTrace, this.facts)
      this.touch(this.traces, traceId, trace, () => {
        if (!trace.add(boundedSpan(span, this.limits), source)) rejected++
        for (const id of [traceId, span.apmTraceId ?? traceId].map(requestIdOf)) {
          if (!trace.requestIds.has(id)) continue
          this.tracesOf.set(id, (this.tracesOf.get(id) ?? new Set()).add(trace))
        }
      })
    }
    if (spans.length > 0) this.changed()
    return rejected
  }

  /** Keeps which session a request was sent with, whatever its spans will say. */
  addSentSession(traceId: string, session: SentSession): void {
    const requestId = requestIdOf(traceId)
    this.facts.addSession(requestId, session)
    this.reassemble(requestId)
  }

  addApmSpans(spans: readonly ApmSpan[]): void {
    for (const span of spans) {
      this.facts.addApmSpan(span)
      this.reassemble(span.requestId)
    }
    if (spans.length > 0) this.changed()
  }

  /** Of the requests that the spans of a trace belong to. */
  apmSpansOf(traceId: string): ApmSpan[] {
    return [...(this.traces.get(traceId)?.requestIds ?? [])].flatMap((id) => this.facts.apmSpansOf(id))
  }

  /** Keeps what was noticed about a client, once for each kind of it. */
  addNotice(notice: Reason): void {
    this.noticed.set(notice.code, notice)
    this.changed()
  }

  notices(): Reason[] {
    return [...this.noticed.values()]
  }

  /** Everything: sessions and traces, the newest first. */
  state(): State {
    const traces = this.snapshots().sort((one, other) => other.startedAt - one.startedAt)
    const sessions = this.allSessions(traces).sort((one, other) => other.lastSeenAt - one.lastSeenAt)
    return { sessions, traces, notices: this.notices() }
  }

  /** Summaries of what changed after `since`; of everything for 0 and where not all that was removed after it is known. */
  overview(since = 0): Overview {
    const isComplete = since === 0 || since > this.revision || this.knownSince > since
    const from = isComplete ? 0 : since
    const traces = this.snapshots()
    const isNew = ({ traceId }: Trace) => (this.traces.get(traceId)?.revision ?? 0) > from
    const changed = traces.filter(isNew)
    const removals = isComplete ? [] : this.removals.filter(({ revision }) => revision > since)
    const touched = new Set([...changed, ...removals].flatMap(({ sessionIds }) => sessionIds))
    const sessions = this.allSessions(
      traces,
      (id) => isComplete || touched.has(id) || (this.sessions.get(id)?.revision ?? 0) > from,
    )
    return {
      revision: this.revision,
      isComplete,
      removed: removals.map(({ id }) => id),
      sessions: sessions.map(sessionSummary),
      traces: changed.map(traceSummary),
      notices: this.notices(),
    }
  }

  session(id: string): Session | undefined {
    return this.allSessions(this.snapshots(), (candidate) => candidate === id)[0]
  }

  trace(traceId: string): Trace | undefined {
    return this.traces.get(traceId)?.snapshot()
  }

  clear(): void {
    this.sessions.clear()
    this.traces.clear()
    this.noticed.clear()
    this.facts.clear()
    this.tracesOf.clear()
    this.size = 0
    this.removals.length = 0
    this.knownSince = ++this.revision
    this.emit('change')
  }

  private reassemble(requestId: string): void {
    for (const trace of this.tracesOf.get(requestId) ?? []) {
      trace.reassemble()
      trace.revision = this.revision + 1
    }
  }

  private snapshots(): Trace[] {
    return [...this.traces.values()].map((trace) => trace.snapshot())
  }

  /** Those that RUM reported, and those that spans alone name, of the ids that are wanted. */
  private allSessions(traces: readonly Trace[], isWanted: (id: string) => boolean = () => true): Session[] {
    const traceIds = new Map<string, string[]>()
    for (const { traceId, sessionIds } of traces) {
      for (const id of sessionIds) {
        const known = traceIds.get(id)
        if (known) known.push(traceId)
        else traceIds.set(id, [traceId])
      }
    }
    const reported = [...this.sessions.values()]
      .filter(({ id }) => isWanted(id))
      .map((session) => session.snapshot(traceIds.get(session.id) ?? []))
    return [...reported, ...sessionsFromSpans(traces, this.sessions, isWanted)]
  }

  /** Changes an item, which becomes the newest of its kind. */
  private touch<Item extends { size: number; revision: number }>(
    map: Map<string, Item>,
    key: string,
    item: Item,
    change: () => void,
  ): void {
    const before = map.has(key) ? item.size : 0
    change()
    this.size += item.size - before
    item.revision = this.revision + 1
    map.delete(key)
    map.set(key, item)
  }

  private changed(): void {
    this.revision++
    this.evict()
    this.emit('change')
  }

  /** The least recently touched go first, and traces without an LLM span before those with one. */
  private evict(): void {
    while (this.sessions.size > this.limits.sessions) this.remove(this.sessions, oldest(this.sessions))
    while (
      this.traces.size > this.limits.traces ||
      (this.size > this.limits.storedCharacters && this.traces.size > 0)
    ) {
      this.removeTrace(this.oldestOther() ?? oldest(this.traces))
    }
    while (this.size > this.limits.storedCharacters && this.sessions.size > 0) {
      this.remove(this.sessions, oldest(this.sessions))
    }
  }

  private oldestOther(): string | undefined {
    for (const { traceId, hasLlmSpan } of this.traces.values()) if (!hasLlmSpan) return traceId
    return undefined
  }

  private removeTrace(traceId: string): void {
    const trace = this.traces.get(traceId)
    for (const id of trace?.requestIds ?? []) {
      const answering = this.tracesOf.get(id)
      answering?.delete(trace as StoredTrace)
      if (answering?.size === 0) this.tracesOf.delete(id)
    }
    this.remove(this.traces, traceId)
  }

  private remove(map: Map<string, { size: number }>, key: string): void {
    this.size -= map.get(key)?.size ?? 0
    const sessionIds = this.traces.get(key)?.snapshot().sessionIds ?? [key]
    map.delete(key)
    // A session that only this trace named is gone with it.
    for (const id of [key, ...sessionIds]) this.removals.push({ revision: this.revision, id, sessionIds })
    while (this.removals.length > REMEMBERED_REMOVALS) {
      this.knownSince = this.removals.shift()?.revision ?? this.revision
    }
  }
}

function oldest(map: ReadonlyMap<string, unknown>): string {
  return map.keys().next().value as string
}

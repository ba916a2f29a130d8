import { number, record, text } from './json.js'
import type { RumEvent } from './rum-events.js'
import type { RumAction, RumError, RumResource, RumView, Session } from './telemetry.js'
import { pathOf } from './url-parts.js'

type EventLists = Pick<Session, 'views' | 'actions' | 'resources' | 'errors'>
type SessionEvent = RumView | RumAction | RumResource | RumError

const NANOSECONDS_PER_MILLISECOND = 1e6

/** One RUM session. A view is sent again whenever it changes, so an event replaces the one with its id. */
export class StoredSession {
  private readonly events: { [List in keyof EventLists]: Map<string, EventLists[List][number]> } = {
    views: new Map(),
    actions: new Map(),
    resources: new Map(),
    errors: new Map(),
  }
  private startedAt = Number.POSITIVE_INFINITY
  private lastSeenAt = 0
  /** How many characters the id and the JSON of the events take. */
  size: number
  /** Of the store, when this last changed. */
  revision = 0

  constructor(
    readonly id: string,
    private readonly maxEvents: number,
  ) {
    this.size = id.length
  }

  add({ type, at, event }: RumEvent): void {
    const viewId = text(record(event.view).id) ?? ''
    let endedAt = at
    if (type === 'view' || type === 'view_update') {
      endedAt = this.addView(viewId, at, record(event.view), type)
    } else if (type === 'action') {
      const action = record(event.action)
      this.put('actions', {
        id: text(action.id) ?? '',
        name: text(record(action.target).name) ?? '',
        type: text(action.type) ?? '',
        at,
        viewId,
      })
    } else if (type === 'resource') {
      const resource = resourceOf(event, at, viewId)
      endedAt += resource.durationMs
      this.put('resources', resource)
    } else if (type === 'error') {
      const error = record(event.error)
      this.put('errors', { id: text(error.id) ?? '', message: text(error.message) ?? '', at, viewId })
    }
    this.startedAt = Math.min(this.startedAt, at)
    this.lastSeenAt = Math.max(this.lastSeenAt, endedAt)
  }

  snapshot(traceIds: string[]): Session {
    const inOrder = <Event>(map: Map<string, Event>, time: (event: Event) => number) =>
      [...map.values()].sort((one, other) => time(one) - time(other))
    return {
      id: this.id,
      isReportedByRum: true,
      startedAt: this.startedAt,
      lastSeenAt: this.lastSeenAt,
      views: inOrder(this.events.views, ({ startedAt }) => startedAt),
      actions: inOrder(this.events.actions, ({ at }) => at),
      resources: inOrder(this.events.resources, ({ at }) => at),
      errors: inOrder(this.events.errors, ({ at }) => at),
      traceIds,
    }
  }

  /** A `view_update` holds only what changed, and always the view's id and URL. */
  private addView(id: string, at: number, view: Record<string, unknown>, type: string): number {
    const known = this.events.views.get(id)
    const url = text(view.url) ?? known?.url ?? ''
    const timeSpent = number(view.time_spent)
    const startedAt = type === 'view_update' && known ? known.startedAt : at
    const timeSpentMs =
      timeSpent === undefined ? (known?.timeSpentMs ?? 0) : timeSpent / NANOSECONDS_PER_MILLISECOND
    this.put('views', {
      id,
      name: text(view.name) ?? known?.name ?? pathOf(url),
      url,
      startedAt,
      timeSpentMs,
    })
    return startedAt + timeSpentMs
  }

  private put<List extends keyof EventLists>(list: List, event: EventLists[List][number]): void {
    const events = this.events[list] as Map<string, SessionEvent>
    this.size += sizeOf(event) - sizeOf(events.get(event.id))
    events.set(event.id, event)
    const [eldest] = events.values()
    if (events.size > this.maxEvents && eldest) {
      this.size -= sizeOf(eldest)
      events.delete(eldest.id)
    }
  }
}

function sizeOf(event: SessionEvent | undefined): number {
  return event ? JSON.stringify(event).length : 0
}

function resourceOf(event: Record<string, unknown>, at: number, viewId: string): RumResource {
  const resource = record(event.resource)
  const traceId = text(record(event._dd).trace_id)
  return {
    id: text(resource.id) ?? '',
    type: text(resource.type) ?? '',
    method: text(resource.method) ?? 'GET',
    url: text(resource.url) ?? '',
    status: number(resource.status_code) ?? null,
    durationMs: (number(resource.duration) ?? 0) / NANOSECONDS_PER_MILLISECOND,
    at,
    viewId,
    ...(traceId ? { traceId } : {}),
  }
}

import type { Overview } from '../telemetry.js'
import type { Model } from './model.js'

const RETRY_MS = 2000
/** Between two reads, so that a flood of telemetry leaves time for who uses the page. */
const PAUSE_MS = 300

/**
 * Keeps the model's summaries and the item that its route names up to date: reads what changed since the last answer
 * whenever the viewer announces a change, one read at a time. `onChange` follows everything that was read.
 */
export class Client {
  private revision = 0
  private isReading = false
  private isStale = false

  constructor(
    private readonly model: Model,
    private readonly onChange: (isDetailChanged: boolean) => void,
  ) {}

  listen(): void {
    const events = new EventSource('/api/events')
    events.addEventListener('change', () => {
      this.model.connection = 'live'
      void this.read()
    })
    events.addEventListener('error', () => {
      this.lost()
      // A browser gives up for good when the server answers with an error.
      if (events.readyState === EventSource.CLOSED) setTimeout(() => this.listen(), RETRY_MS)
    })
  }

  /** Reads what the route names, which stands there as unread until then. */
  async readDetail(): Promise<void> {
    const { route } = this.model
    if (route.page === 'overview') return
    const response = await fetch(`/api/${route.page}s/${encodeURIComponent(route.id)}`)
    const detail = response.ok ? await response.json() : null
    if (this.model.route.page === 'overview' || this.model.route.id !== route.id) return
    Object.assign(this.model, { [route.page]: detail })
  }

  /** Once more when something changed meanwhile. */
  private async read(): Promise<void> {
    this.isStale = true
    if (this.isReading) return
    this.isReading = true
    while (this.isStale) {
      this.isStale = false
      try {
        const response = await fetch(`/api/overview?since=${this.revision}`)
        const overview = (await response.json()) as Overview
        const isDetailChanged = this.take(overview)
        if (isDetailChanged) await this.readDetail()
        this.model.readAt = Date.now()
        this.onChange(isDetailChanged)
      } catch {
        this.lost()
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
    this.isReading = false
  }

  /** True when what the route names may be among what changed. */
  private take({ revision, isComplete, removed, sessions, traces, notices }: Overview): boolean {
    const { model } = this
    this.revision = revision
    model.sessions = merged(isComplete ? [] : model.sessions, removed, sessions, ({ id }) => id)
    model.traces = merged(isComplete ? [] : model.traces, removed, traces, ({ traceId }) => traceId)
    const isNoticed = notices.length !== model.notices.length
    model.notices = notices
    const { route } = model
    if (route.page === 'overview' || isNoticed) return true
    if (isComplete || model[route.page] === undefined || removed.includes(route.id)) return true
    return route.page === 'session'
      ? sessions.some(({ id }) => id === route.id)
      : traces.some(({ traceId }) => traceId === route.id) ||
          sessions.some(({ id }) => model.trace?.sessionIds.includes(id))
  }

  private lost(): void {
    this.model.connection = 'lost'
    // A viewer that starts again counts from the beginning.
    this.revision = 0
    this.onChange(false)
  }
}

function merged<Item>(
  known: Iterable<readonly [string, Item]>,
  removed: readonly string[],
  changed: readonly Item[],
  keyOf: (item: Item) => string,
): Map<string, Item> {
  const all = new Map(known)
  for (const id of removed) all.delete(id)
  for (const item of changed) all.set(keyOf(item), item)
  return all
}

import type { State } from '../telemetry.js'
import { el, morph } from './dom.js'
import { clock } from './format.js'
import { sessionList, traceList } from './lists.js'
import { type Model, routeOf } from './model.js'
import { overview } from './overview.js'
import { sessionDetail } from './session-detail.js'
import { traceDetail } from './trace-detail.js'

const RETRY_MS = 2000
const AGES_MS = 10_000

const model: Model = {
  state: { sessions: [], traces: [], notices: [] },
  route: routeOf(location.hash),
  connection: 'connecting',
  readAt: 0,
  now: Date.now(),
  traceFilter: 'all',
  showsOtherRequests: false,
  expandedSpans: new Set(),
  datadog: null,
}

function render(): void {
  model.now = Date.now()
  const { page } = model.route
  document.body.dataset.page = page
  update('connection', connection())
  update('lists', el('nav', {}, sessionList(model), traceList(model)))
  update('detail', el('main', {}, page !== 'overview' && backLink(), detail()))
  document.title = `${document.querySelector('#detail .title code, #detail .title')?.textContent ?? ''} · Viewer`
}

function update(id: string, next: HTMLElement): void {
  const current = document.getElementById(id) as HTMLElement
  for (const name of current.getAttributeNames()) {
    if (!next.hasAttribute(name)) next.setAttribute(name, current.getAttribute(name) as string)
  }
  morph(current, next)
}

function detail(): HTMLElement {
  const { route } = model
  if (route.page === 'session') return sessionDetail(model, route.id)
  if (route.page === 'trace') return traceDetail(model, route.id)
  return overview(model)
}

/** Shown where the lists are not beside the detail. */
function backLink(): HTMLElement {
  return el('a', { class: 'back', href: '#/', 'data-key': 'back' }, '← Sessions and traces')
}

function connection(): HTMLElement {
  const text = {
    connecting: 'Connecting…',
    live: 'Live',
    lost: `Connection lost, retrying. This is what had arrived at ${clock(model.readAt)}.`,
  }[model.connection]
  return el('p', { class: `connection ${model.connection}` }, text)
}

let isReading = false
let isStale = false

/** Reads the state, and once more when something changed meanwhile. */
async function read(): Promise<void> {
  isStale = true
  if (isReading) return
  isReading = true
  while (isStale) {
    isStale = false
    try {
      const response = await fetch('/api/state')
      model.state = (await response.json()) as State
      model.readAt = Date.now()
    } catch {
      model.connection = 'lost'
    }
    render()
  }
  isReading = false
}

function listen(): void {
  const events = new EventSource('/api/events')
  events.addEventListener('change', () => {
    model.connection = 'live'
    void read()
  })
  events.addEventListener('error', () => {
    model.connection = 'lost'
    render()
    // A browser gives up for good when the server answers with an error.
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS)
  })
}

const ACTIONS: Record<string, (value: string, target: HTMLElement) => void> = {
  filter: (value) => {
    model.traceFilter = value as Model['traceFilter']
  },
  'other-requests': () => {
    model.showsOtherRequests = !model.showsOtherRequests
  },
  span: (value) => {
    const expanded = new Set(model.expandedSpans)
    if (!expanded.delete(value)) expanded.add(value)
    model.expandedSpans = expanded
  },
  skip: focusDetail,
  clear: () => {
    if (confirm('Drop everything that has arrived?')) void fetch('/api/state', { method: 'DELETE' })
  },
  copy: (value, target) => {
    void navigator.clipboard.writeText(value).then(() => {
      target.textContent = 'Copied'
      setTimeout(() => {
        target.textContent = 'Copy'
      }, 1500)
    })
  },
}

document.addEventListener('click', (event) => {
  const target = (event.target as Element).closest<HTMLElement>('[data-action]')
  if (!target) return
  ACTIONS[target.dataset.action ?? '']?.(target.dataset.value ?? '', target)
  render()
})

function focusDetail(): void {
  document.querySelector<HTMLElement>('#detail .title')?.focus({ preventScroll: true })
}

addEventListener('hashchange', () => {
  model.route = routeOf(location.hash)
  render()
  scrollTo(0, 0)
  focusDetail()
})

setInterval(render, AGES_MS)
render()
listen()
void fetch('/config.json')
  .then((response) => response.json())
  .then(({ datadog }: Pick<Model, 'datadog'>) => {
    model.datadog = datadog
    render()
  })

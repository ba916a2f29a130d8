import { Client } from './client.js'
import { el, morph } from './dom.js'
import { clock } from './format.js'
import { lists } from './lists.js'
import type { Model } from './model.js'
import { overview } from './overview.js'
import { reasonNote } from './parts.js'
import { routeOf, type TraceRoute, traceHref } from './route.js'
import { sessionDetail } from './session-detail.js'
import { traceDetail } from './trace-detail.js'

const AGES_MS = 10_000

const model: Model = {
  sessions: new Map(),
  traces: new Map(),
  notices: [],
  route: routeOf(location.hash),
  session: undefined,
  trace: undefined,
  connection: 'connecting',
  readAt: 0,
  now: Date.now(),
  query: '',
  traceFilter: 'all',
  opened: new Set(),
  datadog: null,
}

const client = new Client(model, render)

function render(isDetailChanged = true): void {
  model.now = Date.now()
  document.body.dataset.page = model.route.page
  update('connection', connection())
  renderLists()
  if (isDetailChanged) renderDetail()
}

function renderLists(): void {
  for (const [id, next] of Object.entries(lists(model))) update(id, next)
}

function renderDetail(): void {
  const isOverview = model.route.page === 'overview'
  update(
    'detail',
    el('main', {}, !isOverview && backLink(), ...model.notices.map((notice) => reasonNote(notice)), detail()),
  )
  const title = document.querySelector('#detail .title code, #detail .title')?.textContent ?? ''
  document.title = `${title} · RUM × LLM viewer`
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
  if (route.page === 'trace') return traceDetail(model, route)
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

/** Which spans are open stands in the URL, without an entry in the history for each. */
function openSpans(open: (route: TraceRoute) => TraceRoute['open']): void {
  const { route } = model
  if (route.page !== 'trace') return
  history.replaceState(null, '', traceHref(route.id, open(route)))
  model.route = routeOf(location.hash)
}

function toggled(set: ReadonlySet<string>, value: string): Set<string> {
  const toggled = new Set(set)
  if (!toggled.delete(value)) toggled.add(value)
  return toggled
}

function openIn({ open }: TraceRoute): ReadonlySet<string> {
  return open === 'all' ? new Set(model.trace?.spans.map(({ spanId }) => spanId)) : open
}

const ACTIONS: Record<string, (value: string, target: HTMLElement) => void> = {
  filter: (value) => {
    model.traceFilter = value as Model['traceFilter']
  },
  open: (value) => {
    model.opened = toggled(model.opened, value)
  },
  span: (value) => openSpans((route) => toggled(openIn(route), value)),
  spans: (value) => openSpans(() => (value === 'all' ? 'all' : new Set())),
  'show-span': (value) => {
    openSpans((route) => new Set([...openIn(route), value]))
    renderDetail()
    const row = document.querySelector<HTMLElement>(`.tree [data-value="${CSS.escape(value)}"]`)
    row?.scrollIntoView({ block: 'start' })
    row?.focus({ preventScroll: true })
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
  if (target.dataset.action === 'filter') renderLists()
  else renderDetail()
})

document.getElementById('search')?.addEventListener('input', ({ target }) => {
  model.query = (target as HTMLInputElement).value
  renderLists()
})

// A scroll event does not bubble.
document.addEventListener(
  'scroll',
  ({ target }) => {
    if ((target as Element).className === 'rows') renderLists()
  },
  { capture: true, passive: true },
)
addEventListener('resize', renderLists)
addEventListener('pointerout', ({ target, relatedTarget }) => {
  const rows = (target as Element).closest('.rows')
  if (rows && !rows.contains(relatedTarget as Node | null)) renderLists()
})

function focusDetail(): void {
  document.querySelector<HTMLElement>('#detail .title')?.focus({ preventScroll: true })
}

addEventListener('hashchange', async () => {
  const before = model.route
  model.route = routeOf(location.hash)
  const isSame =
    before.page === model.route.page && 'id' in before && 'id' in model.route && before.id === model.route.id
  if (!isSame) Object.assign(model, { session: undefined, trace: undefined })
  render()
  if (isSame) return
  document.getElementById('detail')?.scrollTo(0, 0)
  scrollTo(0, 0)
  focusDetail()
  await client.readDetail().catch(() => {})
  renderDetail()
})

// Of the details, a session's alone has an age.
setInterval(() => render(model.route.page === 'session'), AGES_MS)
render()
client.listen()
void fetch('/config.json')
  .then((response) => response.json())
  .then(({ datadog }: Pick<Model, 'datadog'>) => {
    model.datadog = datadog
    render()
  })

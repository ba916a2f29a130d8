/** `open`: the spans of a trace that are open. */
export type Route = { page: 'overview' } | { page: 'session'; id: string } | TraceRoute
export type TraceRoute = { page: 'trace'; id: string; open: 'all' | ReadonlySet<string> }

/** `#/sessions/<id>` and `#/traces/<id>?open=all` or `?open=<span>&open=<span>`; anything else is the overview. */
export function routeOf(hash: string): Route {
  const [path = '', search] = hash.split('?', 2)
  const [, page, id] = path.split('/')
  if (!id || (page !== 'sessions' && page !== 'traces')) return { page: 'overview' }
  if (page === 'sessions') return { page: 'session', id: decoded(id) }
  const open = new URLSearchParams(search).getAll('open')
  return { page: 'trace', id: decoded(id), open: open.includes('all') ? 'all' : new Set(open) }
}

export function sessionHref(id: string): string {
  return `#/sessions/${encodeURIComponent(id)}`
}

export function traceHref(id: string, open: TraceRoute['open'] = new Set()): string {
  const search = new URLSearchParams((open === 'all' ? ['all'] : [...open]).map((span) => ['open', span]))
  return `#/traces/${encodeURIComponent(id)}${search.size > 0 ? `?${search}` : ''}`
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}

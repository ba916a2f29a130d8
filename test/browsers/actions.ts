// Runs in the browser: the application's requests. The application does not use the session.
import { context, propagation } from '@opentelemetry/api'

/** URLs of one case: on the page's origin, and on the other one. */
export interface Targets {
  own: string
  other: string
  /** Redirects from the page's origin to `other`. */
  redirect: string
  events: string
  socket: string
}

declare global {
  interface Window {
    renewSession(): Promise<void>
    stopSession(): void
    setUpAgain(): void
  }
}

type Action = (targets: Targets) => Promise<unknown>

/** Rejects when the application would see an error. An opaque response shows no status. */
async function ok(response: Promise<Response>): Promise<void> {
  const { type, status } = await response
  if (type !== 'opaque' && status !== 200) throw new Error(`status ${status}`)
}

function xhr(url: string, headers: Record<string, string> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('GET', url)
    for (const name in headers) request.setRequestHeader(name, headers[name] as string)
    request.onload = () =>
      request.status === 200 ? resolve() : reject(new Error(`status ${request.status}`))
    request.onerror = () => reject(new TypeError('network error'))
    request.send()
  })
}

function withEntries<Result>(request: () => Result): Result {
  const entries = propagation.createBaggage({ tenant: { value: 'a b' } })
  return context.with(propagation.setBaggage(context.active(), entries), request)
}

const OWN = 'app=1;p=x,plan=free%20tier'
/** A new object at each call, because fetch instrumentation writes into it. */
const asObject = (): RequestInit => ({ headers: { baggage: OWN } })
async function opened(target: EventTarget & { close(): void }, event: string): Promise<void> {
  await new Promise((resolve, reject) => {
    target.addEventListener(event, resolve, { once: true })
    target.addEventListener('error', () => reject(new TypeError('connection failed')), { once: true })
  })
  target.close()
}

export const actions: Record<string, Action> = {
  fetch: ({ own }) => ok(fetch(own)),
  fetchPost: ({ own }) => ok(fetch(own, { method: 'POST', body: '{}' })),
  fetchRequest: ({ own }) => ok(fetch(new Request(own))),
  fetchUrlObject: ({ own }) => ok(fetch(new URL(own))),
  fetchRelative: ({ own }) => ok(fetch(own.slice(location.origin.length))),
  fetchAborting: ({ own }) => ok(fetch(own, { signal: AbortSignal.timeout(10_000) })),
  fetchEntries: ({ own }) => withEntries(() => ok(fetch(own))),
  xhr: ({ own }) => xhr(own),
  xhrEntries: ({ own }) => withEntries(() => xhr(own)),

  ownHeaders: ({ own }) => ok(fetch(own, { headers: new Headers({ baggage: OWN }) })),
  ownObject: ({ own }) => ok(fetch(own, asObject())),
  ownPairs: ({ own }) => ok(fetch(own, { headers: [['Baggage', OWN]] })),
  ownTwoPairs: ({ own }) =>
    ok(
      fetch(own, {
        headers: [
          ['baggage', 'app=1;p=x'],
          ['baggage', 'plan=free%20tier'],
        ],
      }),
    ),
  ownRequest: ({ own }) => ok(fetch(new Request(own, asObject()))),
  ownRequestAndInit: ({ own }) => ok(fetch(new Request(own, { headers: { baggage: 'lost=1' } }), asObject())),
  ownSession: ({ own }) => ok(fetch(own, { headers: { baggage: `session.id=mine,${OWN}` } })),
  ownXhr: ({ own }) => xhr(own, { baggage: OWN }),
  ownXhrSession: ({ own }) => xhr(own, { baggage: `session.id=mine,${OWN}` }),
  ownHeaderAndEntries: ({ own }) => withEntries(() => ok(fetch(own, asObject()))),
  ownXhrAndEntries: ({ own }) => withEntries(() => xhr(own, { baggage: OWN })),

  async reusedInit({ own }) {
    const init = asObject()
    await ok(fetch(own, init))
    await ok(fetch(own, init))
  },
  async reusedInitAtOnce({ own }) {
    const init = asObject()
    await Promise.all([ok(fetch(own, init)), ok(fetch(own, init))])
  },
  async reusedHeaders({ own }) {
    const headers = new Headers({ baggage: OWN })
    await ok(fetch(own, { headers }))
    await ok(fetch(own, { headers }))
  },
  async reusedRequest({ own }) {
    const request = new Request(own, asObject())
    await ok(fetch(request))
    await ok(fetch(request))
  },
  async reusedInitRenewed({ own }) {
    const init = asObject()
    await ok(fetch(own, init))
    await window.renewSession()
    await ok(fetch(own, init))
  },
  async reusedRequestRenewed({ own }) {
    const request = new Request(own, asObject())
    await ok(fetch(request))
    await window.renewSession()
    await ok(fetch(request))
  },
  async reusedInitElsewhere({ own, other }) {
    const init: RequestInit = { credentials: 'omit' }
    await ok(fetch(own, init))
    await ok(fetch(other, init))
  },
  async reusedInitIgnored({ own, other }) {
    const init: RequestInit = { credentials: 'omit' }
    await ok(fetch(other, init))
    await ok(fetch(own, init))
  },
  async reusedOwnInitElsewhere({ own, other }) {
    const init = asObject()
    await ok(fetch(own, init))
    await ok(fetch(other, init))
  },
  async reusedInitStopped({ own }) {
    const init = asObject()
    await ok(fetch(own, init))
    window.stopSession()
    await ok(fetch(own, init))
    // For the next case.
    await window.renewSession()
  },
  async reusedInitSetUpAgain({ own }) {
    const init = asObject()
    await ok(fetch(own, init))
    window.setUpAgain()
    window.stopSession()
    await ok(fetch(own, init))
    // For the next case.
    await window.renewSession()
  },
  async usedRequestElsewhere({ own, other }) {
    const request = new Request(own)
    await ok(fetch(request))
    await ok(fetch(new Request(other, request)))
  },
  async copiedRequestElsewhere({ own, other }) {
    const request = new Request(own)
    const response = fetch(request)
    const copy = new Request(other, request)
    await ok(response)
    await ok(fetch(copy))
  },

  keepalive: ({ own }) => ok(fetch(own, { method: 'POST', body: '{}', keepalive: true })),
  keepaliveElsewhere: ({ other }) => ok(fetch(other, { method: 'POST', body: '{}', keepalive: true })),
  noCors: ({ own }) => ok(fetch(own, { mode: 'no-cors' })),
  noCorsElsewhere: ({ other }) => ok(fetch(other, { mode: 'no-cors' })),
  beacon: async ({ own }) => {
    if (!navigator.sendBeacon(own, '{}')) throw new Error('not queued')
  },
  eventSource: ({ events }) => opened(new EventSource(events), 'message'),
  webSocket: ({ socket }) => opened(new WebSocket(socket), 'open'),

  fetchElsewhere: ({ other }) => ok(fetch(other)),
  xhrElsewhere: ({ other }) => xhr(other),
  fetchElsewhereEntries: ({ other }) => withEntries(() => ok(fetch(other))),
  ownElsewhere: ({ other }) => ok(fetch(other, asObject())),
  redirected: ({ redirect }) => ok(fetch(redirect)),
}

import type { PageSetup } from './page.js'

/** A request as it must arrive. `SESSION` and `RENEWED` stand for the ids that RUM has when it is sent. */
export interface Sent {
  to: 'own' | 'other'
  traceparents: number
  /** Value of the `baggage` header, empty if there must be none. */
  baggage: string
}

export interface Case {
  name: string
  action: string
  setup?: Pick<PageSetup, 'propagates' | 'allowed' | 'rumTracing' | 'ignores' | 'serviceWorker'>
  /** What goes into the query of the addresses: the other origin's CORS policy, the service worker's way. */
  query?: string
  /** What the application gets. */
  result?: 'ok' | 'TypeError'
  sent: Sent[]
  /** Makes a row of docs/browser.md. The text says what to do instead, if anything. */
  instead?: string
  /** Why a request that worked without the propagator may fail with it. There is no such case but these. */
  breaks?: string
}

export const own = (baggage: string, traceparents = 1): Sent => ({ to: 'own', traceparents, baggage })
export const other = (baggage: string, traceparents = 1): Sent => ({ to: 'other', traceparents, baggage })

/** What the page sets itself. */
export const APP = 'app=1;p=x,plan=free%20tier'

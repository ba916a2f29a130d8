import type { PageSetup } from './page.js'

/** A request as it must arrive. `SESSION` and `RENEWED` stand for RUM's session ids before and after a renewal. */
export interface Sent {
  to: 'own' | 'other'
  traceparents: number
  /** Value of the `baggage` header; empty for a request without it. */
  baggage: string
}

export interface Case {
  name: string
  action: string
  setup?: Pick<PageSetup, 'propagates' | 'allowed' | 'rumTracing' | 'ignores' | 'serviceWorker'>
  /** Added to the query of the URLs. Sets the other origin's CORS policy or what the service worker does. */
  query?: string
  /** What the application gets. Default: `ok`. */
  result?: 'ok' | 'TypeError'
  sent: Sent[]
  /** Text of the column "Do instead" in docs/browser.md. Cases without it are left out of the table. */
  instead?: string
  /** Why a request that works without the propagator fails with it. Every other case must not break a request. */
  breaks?: string
}

export const own = (baggage: string, traceparents = 1): Sent => ({ to: 'own', traceparents, baggage })
export const other = (baggage: string, traceparents = 1): Sent => ({ to: 'other', traceparents, baggage })

/** Baggage that the application writes. */
export const APP = 'app=1;p=x,plan=free%20tier'

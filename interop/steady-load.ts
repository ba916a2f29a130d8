import { randomBytes, randomUUID } from 'node:crypto'

export interface SentRequest {
  traceId: string
  sessionId: string
  /** The HTTP status, or null when the connection broke. */
  status: number | null
  milliseconds: number
}

const routes = ['/api/ask', '/api/chat']

/** Asks the agent at a steady rate, whether or not it keeps up; each request is of a session of its own. */
export class SteadyLoad {
  readonly requests: SentRequest[] = []
  readonly #inFlight = new Set<Promise<void>>()
  readonly #timer: NodeJS.Timeout
  #count = 0

  constructor(url: string, perSecond: number) {
    this.#timer = setInterval(() => {
      const request = this.#ask(new URL(routes[this.#count++ % routes.length] ?? '/', url))
      this.#inFlight.add(request)
      void request.finally(() => this.#inFlight.delete(request))
    }, 1000 / perSecond)
  }

  /** Resolves when the last answer is there. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#inFlight)
  }

  async #ask(url: URL): Promise<void> {
    const [traceId, sessionId] = [randomBytes(16).toString('hex'), randomUUID()]
    const started = performance.now()
    const status = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
        baggage: `session.id=${sessionId}`,
      },
      body: JSON.stringify({ question: 'Where is order 1042, and what about rain?' }),
      signal: AbortSignal.timeout(120_000),
    })
      .then(async (response) => {
        await response.text()
        return response.status
      })
      .catch(() => null)
    this.requests.push({ traceId, sessionId, status, milliseconds: performance.now() - started })
  }
}

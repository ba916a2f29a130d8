import { randomBytes, randomUUID } from 'node:crypto'

export interface SentRequest {
  traceId: string
  sessionId: string
  /** `answered`: complete, with the research result. `failed`: any other answer. `broken`: the connection broke. */
  outcome: 'answered' | 'failed' | 'broken'
  /** Whether a part of the response body arrived. */
  hadBegun: boolean
  /** By `performance.now()`. */
  from: number
  to: number
}

const routes = ['/api/ask', '/api/chat']

/** Sends requests at a steady rate, even when answers are late. Each request has a new trace and a new session. */
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

  /** Sends no more requests. Resolves when all are answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#inFlight)
  }

  async #ask(url: URL): Promise<void> {
    const [traceId, sessionId] = [randomBytes(16).toString('hex'), randomUUID()]
    const from = performance.now()
    let outcome: SentRequest['outcome'] = 'broken'
    let body = ''
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
          baggage: `session.id=${sessionId}`,
        },
        body: JSON.stringify({ question: 'Where is order 1042, and what about rain?' }),
        signal: AbortSignal.timeout(120_000),
      })
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) body += chunk
      outcome = 'failed'
      if (response.status === 200 && isAnswer(body)) outcome = 'answered'
    } catch {
      // The connection broke or the answer is no JSON: the outcome is set already.
    }
    const to = performance.now()
    this.requests.push({ traceId, sessionId, outcome, hadBegun: body !== '', from, to })
  }
}

/**
 * Tells whether a body is a complete answer. The status cannot tell: both routes answer 200 when research fails, and
 * the streaming one when the agent fails.
 */
export function isAnswer(body: string): boolean {
  const events = [...body.matchAll(/^data: (.+)$/gm)].map(([, event = '{}']) => JSON.parse(event) as Answer)
  const parts = events.length > 0 ? events : [JSON.parse(body) as Answer]
  const text = parts.map((part) => part.answer ?? part.text ?? '').join('')
  return parts.every(({ type }) => type !== 'error') && text.includes('From our field notes')
}

interface Answer {
  type?: string
  text?: string
  answer?: string
}

import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'

/** Connections of one autocannon instance. The instances start one after another. */
const CONNECTIONS = 4
const STAGGER_MS = 37

/**
 * Requests to the agent over a fixed number of connections. A connection sends its next request when the last is answered.
 * Connections start one after another, because connections that start together stay in step.
 */
export class SteadyRequests {
  readonly #runs: { instance: autocannon.Instance; ended: Promise<void> }[] = []
  #latencies: number[] = []

  static async start(url: string, connections: number): Promise<SteadyRequests> {
    const requests = new SteadyRequests()
    for (let started = 0; started < connections; started += CONNECTIONS) {
      requests.#add(url, Math.min(CONNECTIONS, connections - started))
      await sleep(STAGGER_MS)
    }
    return requests
  }

  /** Returns the milliseconds of each request answered since the last call. */
  takeLatencies(): number[] {
    const latencies = this.#latencies
    this.#latencies = []
    return latencies
  }

  async stop(): Promise<void> {
    for (const { instance } of this.#runs) instance.stop()
    await Promise.all(this.#runs.map(({ ended }) => ended))
  }

  #add(url: string, connections: number): void {
    const options = {
      url: `${url}/api/ask`,
      connections,
      duration: 24 * 60 * 60,
      timeout: 120,
      method: 'POST' as const,
      body: JSON.stringify({ question: 'Where is order 1042, and what about rain?' }),
      requests: [{ setupRequest: (request: autocannon.Request) => ({ ...request, headers: headers() }) }],
    }
    let instance!: autocannon.Instance
    const ended = new Promise<void>((resolve, reject) => {
      instance = autocannon(options, (error, { errors, non2xx }) => {
        if (error || errors + non2xx > 0) reject(error ?? new Error(`${errors + non2xx} requests failed`))
        else resolve()
      })
    })
    instance.on('response', (_client, _status, _bytes, milliseconds) => this.#latencies.push(milliseconds))
    this.#runs.push({ instance, ended })
  }
}

/** Headers of a page with SessionBaggagePropagator, with a new trace and a new session. */
function headers(): Record<string, string> {
  return {
    'content-type': 'application/json',
    traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
    baggage: `session.id=${randomUUID()}`,
  }
}

import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'

/** Connections of one autocannon; each further one starts a little later. */
const CONNECTIONS = 4
const STAGGER_MS = 37

/**
 * Questions to the agent over a fixed number of connections, each sending its next one when the last is answered.
 * Connections start one after another: where all start at once they go on in step, and what is measured is a crowd.
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

  /** Milliseconds of each request that was answered since this was last called. */
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

/** As a browser with our propagator sends them: a trace and a session of its own for each request. */
function headers(): Record<string, string> {
  return {
    'content-type': 'application/json',
    traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
    baggage: `session.id=${randomUUID()}`,
  }
}

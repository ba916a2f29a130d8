import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Attributes, State } from '../src/telemetry.js'
import { createViewer, type ViewerOptions } from '../src/viewer-server.js'

/** A viewer on a free port, and what its users do with it. */
export class RunningViewer {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(options: ViewerOptions = {}, port = 0): Promise<RunningViewer> {
    const server = createViewer(options)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return new RunningViewer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.server.closeAllConnections()
    await closed
  }

  async state(): Promise<State> {
    const response = await fetch(`${this.url}/api/state`)
    return (await response.json()) as State
  }

  /** The state once it is as wanted; fails after ten seconds. */
  async stateWhen(isWanted: (state: State) => boolean): Promise<State> {
    const deadline = Date.now() + 10_000
    for (;;) {
      const state = await this.state()
      if (isWanted(state)) return state
      if (Date.now() > deadline) throw new Error(`the viewer never got there: ${JSON.stringify(state)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  post(path: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url + path, { method: 'POST', body, headers })
  }

  postRum(...events: unknown[]): Promise<Response> {
    return this.post(
      '/rum?ddforward=%2Fapi%2Fv2%2Frum',
      events.map((event) => JSON.stringify(event)).join('\n'),
    )
  }

  postOtlp(...spans: OtlpSpan[]): Promise<Response> {
    return this.post('/v1/traces', JSON.stringify(exportRequest(spans)), {
      'content-type': 'application/json',
    })
  }

  postLlmObs(payload: unknown): Promise<Response> {
    return this.post('/evp_proxy/v2/api/v2/llmobs', JSON.stringify(payload))
  }
}

export interface OtlpSpan {
  traceId?: string
  spanId: string
  parentSpanId?: string
  name?: string
  attributes?: Attributes
  events?: unknown[]
  startTimeUnixNano?: string
  endTimeUnixNano?: string
}

/** The JSON encoding of an export request with string attributes; every span of trace `abc` where it says nothing. */
export function exportRequest(spans: OtlpSpan[]): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues({ 'service.name': 'backend' }) },
        scopeSpans: [
          {
            spans: spans.map(({ attributes = {}, ...span }) => ({
              traceId: 'abc',
              startTimeUnixNano: '1700000000000000000',
              endTimeUnixNano: '1700000001500000000',
              ...span,
              attributes: keyValues(attributes),
            })),
          },
        ],
      },
    ],
  }
}

export function keyValues(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }))
}

export function rumEvent(sessionId: string, type: string, at: number, more: object): object {
  return { type, date: at, session: { id: sessionId, type: 'user' }, application: { id: 'app' }, ...more }
}

import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { State } from '../../packages/viewer/src/telemetry.js'
import { appArgs, end, freePorts, MAIN, startOn, telemetryEnv } from './processes.js'
import type { WatchedSetUp } from './set-ups.js'

const TIMEOUT_MS = 20_000
/** The agent, its step and its call of the model. */
const SPANS_PER_REQUEST = 3

/** Sends the requests of a set-up to its app, and returns the reasons that the built viewer shows. */
export async function watchSetUp(setUp: WatchedSetUp, modelUrl: string): Promise<WatchedSetUp['expected']> {
  const [port = 0, viewerPort = 0] = await freePorts(2)
  const viewerUrl = `http://127.0.0.1:${viewerPort}`
  const viewer = await startOn(viewerPort, [MAIN, '--port', String(viewerPort)], process.env)
  const env = { ...process.env, MODEL_URL: modelUrl, PORT: String(port), OTEL_SERVICE_NAME: 'shop' }
  const app = await startOn(port, appArgs(setUp), { ...env, ...telemetryEnv(viewerPort) })
  try {
    const firstTrace = randomBytes(16).toString('hex')
    for (const [index, { session, inFirstTrace }] of setUp.requests.entries()) {
      const traceId = index === 0 || inFirstTrace ? firstTrace : randomBytes(16).toString('hex')
      const headers = {
        traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
        ...(session && { baggage: `session.id=${session}` }),
      }
      await (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers })).text()
    }
    const { traces, sessions } = await whenComplete(viewerUrl, setUp.requests.length * SPANS_PER_REQUEST)
    const codes = (items: { reason?: { code: string } }[]) => [
      ...new Set(items.flatMap(({ reason }) => reason?.code ?? [])),
    ]
    return { traces: codes(traces), sessions: codes(sessions) }
  } finally {
    await Promise.all([end(app), end(viewer)])
  }
}

async function whenComplete(viewerUrl: string, spans: number): Promise<State> {
  const deadline = Date.now() + TIMEOUT_MS
  for (;;) {
    const state = (await (await fetch(`${viewerUrl}/api/state`)).json()) as State
    const llmSpans = state.traces.flatMap((trace) => trace.spans).filter(({ kind }) => kind !== null)
    // The server span ends after the LLM spans and comes with the next batch.
    const servers = state.traces
      .flatMap((trace) => trace.spans)
      .filter(({ otelKind }) => otelKind === 'server')
    if (llmSpans.length === spans && servers.length === spans / SPANS_PER_REQUEST) return state
    if (Date.now() > deadline) throw new Error(`${llmSpans.length} of ${spans} LLM spans came`)
    await sleep(200)
  }
}

import { randomBytes } from 'node:crypto'
import type { Span, State } from '../../packages/viewer/src/telemetry.js'
import { freePorts } from '../support/service-process.js'
import { waitUntil } from '../support/wait-until.js'
import { appArgs, MAIN, startOn, telemetryEnv } from './processes.js'
import type { WatchedSetUp } from './set-ups.js'

/** The agent, its step and its call of the model. */
const LLM_SPANS_PER_REQUEST = 3

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
    const { traces, sessions } = await whenComplete(viewerUrl, setUp.requests.length)
    const codes = (items: { reason?: { code: string } }[]) => [
      ...new Set(items.flatMap(({ reason }) => reason?.code ?? [])),
    ]
    return { traces: codes(traces), sessions: codes(sessions) }
  } finally {
    await Promise.all([app.stop(), viewer.stop()])
  }
}

async function whenComplete(viewerUrl: string, requests: number): Promise<State> {
  let state: State = { sessions: [], traces: [], notices: [] }
  const count = (isWanted: (span: Span) => boolean) =>
    state.traces.flatMap(({ spans }) => spans).filter(isWanted).length
  // The server span ends after the LLM spans and comes with the next batch.
  const isComplete = () =>
    count(({ kind }) => kind !== null) === requests * LLM_SPANS_PER_REQUEST &&
    count(({ otelKind }) => otelKind === 'server') === requests
  await waitUntil(async () => {
    state = (await (await fetch(`${viewerUrl}/api/state`)).json()) as State
    return isComplete()
  })
  if (!isComplete()) throw new Error(`not all spans of ${requests} requests came`)
  return state
}

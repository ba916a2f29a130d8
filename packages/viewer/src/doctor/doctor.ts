import { constants } from 'node:os'
import type { DoctorCommand } from '../command-line.js'
import { DEFAULT_PORT } from '../command-line.js'
import { listen } from '../listen.js'
import { TelemetryStore } from '../telemetry-store.js'
import { createViewer } from '../viewer-server.js'
import { Backend, takesConnections } from './backend.js'
import { checkRequest, checkWithoutSession, noteOthers, type Row } from './checks.js'
import { checkPreflight } from './preflight.js'
import { type ProbeAnswer, sendProbe } from './probe.js'
import { settled } from './settled.js'
import { table } from './table.js'
import { thirdPartyHosts } from './third-party-hosts.js'

const HOST = '127.0.0.1'
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Asks the agent endpoint as a page would, once with a session and once without, and prints what it found.
 *
 * @returns the exit code: 0 if each LLM span of the first request carries its session and none of the second does
 */
export async function doctor(command: DoctorCommand): Promise<number> {
  await mustBeFree(command)
  const store = new TelemetryStore()
  const viewer = createViewer({ store })
  const url = await listen(viewer, command.port ?? (command.command.length > 0 ? 0 : DEFAULT_PORT), HOST)
  const backend = new Backend(command.command, url)
  for (const signal of ENDING_SIGNALS) {
    process.on(signal, () => backend.stop().finally(() => process.exit(128 + constants.signals[signal])))
  }
  try {
    if (command.command.length === 0)
      console.log(`Waiting for telemetry at ${url} from the backend at ${command.url}`)
    await backend.answering(command.url, command.timeoutMs)
    const rows = await examine(command, store)
    console.log(table(rows))
    const failed = rows.filter(({ result }) => result === 'fail').length
    console.log(failed === 0 ? '\nJoined.' : `\nNot joined: ${failed} of ${rows.length} checks failed.`)
    return failed === 0 ? 0 : 1
  } finally {
    await backend.stop()
    viewer.close()
    viewer.closeAllConnections()
  }
}

/** A backend that runs already would be asked in the place of the one that is to be started. */
async function mustBeFree({ command, url }: DoctorCommand): Promise<void> {
  if (command.length > 0 && (await takesConnections(url))) {
    throw new Error(`something listens at ${url.host} already: stop it, or leave out the command`)
  }
}

async function examine(command: DoctorCommand, store: TelemetryStore): Promise<Row[]> {
  const preflight = await checkPreflight(command)
  const sessionId = crypto.randomUUID()
  const joined = await sendProbe(command, sessionId)
  store.addSentSession(joined.traceId, { id: sessionId, by: 'doctor' })
  const isStarted = command.command.length > 0
  const waited = [await settled(store, joined, command.timeoutMs, isStarted)]
  const without = await sendProbe(command, null)
  waited.push(await settled(store, without, command.timeoutMs, isStarted))
  console.log(
    `Waited ${waited.map((ms) => (ms / 1000).toFixed(1)).join(' s and ')} s for the telemetry of two requests.`,
  )

  const { traces, notices } = store.state()
  const isOf = (probe: ProbeAnswer) => probe.tracesIn(traces)
  const tracesWith = isOf(joined)
  // Where the backend starts traces of its own, the request is known by its time alone.
  for (const { traceId } of tracesWith) store.addSentSession(traceId, { id: sessionId, by: 'doctor' })
  const judged = tracesWith.flatMap(({ traceId }) => store.trace(traceId) ?? [])
  return [
    preflight,
    ...checkRequest(joined, judged, notices),
    ...noteOthers(joined, judged, traces),
    checkWithoutSession(without, isOf(without), joined, judged),
    thirdPartyHosts([...judged, ...isOf(without)], (traceId) => store.apmSpansOf(traceId)),
  ]
}

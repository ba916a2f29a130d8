import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TelemetryStore } from './telemetry-store.js'

const DEBOUNCE_MS = 200
const HEARTBEAT_MS = 15_000

/** Server-sent events: `change` at the start and then at most every 200 ms while the store changes. */
export function streamChanges(
  store: TelemetryStore,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  let pending: NodeJS.Timeout | undefined
  const send = () => {
    pending = undefined
    response.write('event: change\ndata: {}\n\n')
  }
  const changed = () => {
    pending ??= setTimeout(send, DEBOUNCE_MS)
  }
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS)
  send()
  store.on('change', changed)
  request.on('close', () => {
    store.off('change', changed)
    clearTimeout(pending)
    clearInterval(heartbeat)
  })
}

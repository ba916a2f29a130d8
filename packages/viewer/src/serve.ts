import type { ServeCommand } from './command-line.js'
import { isLoopback } from './host-names.js'
import { listen } from './listen.js'
import { pasteLines } from './paste-lines.js'
import { TelemetryStore } from './telemetry-store.js'
import { createViewer } from './viewer-server.js'

/** Runs the viewer until the process is told to end, and prints how to send telemetry to it. */
export async function serve({ port, host, datadogSite }: ServeCommand): Promise<void> {
  const store = new TelemetryStore()
  const viewer = createViewer({ store, hosts: [host], ...(datadogSite && { datadogSite }) })
  const url = await listen(viewer, port, host)
  if (!isLoopback(host)) {
    console.warn(
      `Listening on ${host}: without authentication, whoever reaches it reads and writes everything.`,
    )
  }
  const lines = pasteLines(url).map(([name, line]) => `\n${name}\n  ${line}`)
  console.log([`viewer listening on ${url}`, ...lines].join('\n'))

  const said = new Set<string>()
  store.on('change', () => {
    for (const { code, found, mend } of store.notices()) {
      if (!said.has(code)) console.log(`\n${found} ${mend}`)
      said.add(code)
    }
  })

  function stop(): void {
    viewer.close()
    // The page's event stream never ends by itself.
    viewer.closeAllConnections()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

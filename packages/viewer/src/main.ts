import type { AddressInfo } from 'node:net'
import { createViewer } from './viewer-server.js'

const { PORT = '0', HOST = '127.0.0.1', DD_SITE } = process.env

const viewer = createViewer(DD_SITE ? { datadogSite: DD_SITE } : {})
viewer.listen(Number(PORT), HOST, () => {
  const { port } = viewer.address() as AddressInfo
  console.log(`viewer listening on http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${port}`)
})

function stop(): void {
  viewer.close()
  // The page's event stream never ends by itself.
  viewer.closeAllConnections()
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)

import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

/** Listens on 127.0.0.1, on a free port unless `port` is given, and returns the URL without a path. */
export async function listen(server: Server, port = 0): Promise<string> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

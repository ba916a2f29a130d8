import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

/** Lets a server listen on a free loopback port. Returns the port. */
export async function listenOnLoopback(server: Server, address = '127.0.0.1'): Promise<number> {
  await once(server.listen(0, address), 'listening')
  return (server.address() as AddressInfo).port
}

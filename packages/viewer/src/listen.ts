import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const MESSAGES: Record<string, (port: number, host: string) => string> = {
  EADDRINUSE: (port) => `port ${port} is in use: stop what listens there, or name another with --port`,
  EACCES: (port) => `port ${port} needs more rights: name another with --port`,
  EADDRNOTAVAIL: (_port, host) => `${host} is not an address of this machine`,
  ENOTFOUND: (_port, host) => `${host} is not a known host`,
}

/** Starts a server and returns its URL; rejects with a sentence for the user. */
export async function listen(server: Server, port: number, host: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new Error(MESSAGES[error.code ?? '']?.(port, host) ?? error.message))
    })
    server.listen(port, host, resolve)
  })
  const { port: taken } = server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${taken}`
}

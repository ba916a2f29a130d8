import type { AddressInfo } from 'node:net'
import type { Express } from 'express'

/** Listens on HOST (default 127.0.0.1) and PORT (default: a free one), and prints the address for whoever started it. */
export function listen(name: string, app: Express): void {
  const host = process.env.HOST ?? '127.0.0.1'
  const server = app.listen(Number(process.env.PORT ?? 0), host, (error) => {
    if (error) throw error
    console.log(`${name} listening on http://${host}:${(server.address() as AddressInfo).port}`)
  })
}

// The client process: sends nine of ten requests with a new session, the tenth without one.
import { randomUUID } from 'node:crypto'
import { Connection } from './connection.js'

export interface LoadResult {
  sent: number
  withoutSession: number
  pipelined: number
  streamed: number
  aborted: number
}

const [port = 0, total = 0] = process.argv.slice(2).map(Number)
const CONNECTIONS = 32
/** Number of requests on a kept-alive connection before it is closed. */
const REQUESTS_PER_CONNECTION = 200
const PIPELINE = 8
const result: LoadResult = { sent: 0, withoutSession: 0, pipelined: 0, streamed: 0, aborted: 0 }

/** The header holds the session as a browser sends it. The path holds it for the check in the server. */
function request(route: string, session: string | undefined): string {
  const baggage = session ? `baggage: tenant=acme, session.id=${session}\r\n` : ''
  return `GET /${route}/${session ?? 'none'} HTTP/1.1\r\nhost: loopback\r\n${baggage}\r\n`
}

function next(route: string): { text: string; mark: string } {
  const session = result.sent % 10 === 9 ? undefined : randomUUID()
  result.sent++
  if (!session) result.withoutSession++
  if (route === 'stream') result.streamed++
  return { text: request(route, session), mark: session ?? 'none' }
}

async function keepSending(): Promise<void> {
  while (result.sent < total) {
    const connection = new Connection(port)
    for (let sent = 0; sent < REQUESTS_PER_CONNECTION && result.sent < total; ) {
      const route = sent % 11 === 0 ? 'stream' : 'json'
      const count = Math.min(sent % 3 === 0 ? PIPELINE : 1, total - result.sent)
      const requests = Array.from({ length: count }, () => next(route))
      if (count > 1) result.pipelined += count
      await connection.send(
        requests.map(({ text }) => text),
        requests.map(({ mark }) => mark),
      )
      sent += count
    }
    if (result.sent < total) {
      await connection.abort(next('stream').text)
      result.aborted++
    }
    connection.close()
  }
}

await Promise.all(Array.from({ length: CONNECTIONS }, keepSending))
process.send?.(result)

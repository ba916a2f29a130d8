import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came over the wire: header lines neither merged nor renamed. */
export interface WireRequest {
  method: string
  rawHeaders: readonly string[]
}

export interface WireServer {
  readonly origin: string
  /** Requests of one case in order of arrival, CORS preflights not among them. */
  requests(caseId: string): readonly WireRequest[]
  close(): Promise<void>
}

/** Contents that the page's own origin serves, by path. */
export type Pages = Record<string, { type: string; body: string }>

/**
 * Starts a loopback origin that answers everything and remembers it under the `case` of the query. What its CORS
 * policy allows is in the query as well (`allow`), so that a case needs no state here; `to` is a redirect.
 */
export async function startWireServer(pages: Pages = {}): Promise<WireServer> {
  const seen = new Map<string, WireRequest[]>()

  function remember(request: IncomingMessage): URL {
    const url = new URL(request.url ?? '/', 'http://loopback')
    const caseId = url.searchParams.get('case')
    if (caseId && request.method !== 'OPTIONS') {
      const list = seen.get(caseId) ?? []
      seen.set(caseId, list)
      list.push({ method: request.method ?? '', rawHeaders: request.rawHeaders })
    }
    return url
  }

  const server = createServer((request, response) => {
    const url = remember(request)
    request.resume()
    allowOrigin(request, response, url.searchParams.get('allow'))
    const page = pages[url.pathname]
    const redirect = url.searchParams.get('to')
    if (redirect) response.writeHead(307, { location: redirect }).end()
    else if (page) response.writeHead(200, { 'content-type': page.type }).end(page.body)
    else if (url.pathname === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: hello\n\n')
    } else response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  server.on('upgrade', (request, socket) => {
    remember(request)
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    socket.on('error', () => {})
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: (caseId) => seen.get(caseId) ?? [],
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function allowOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  allowedHeaders: string | null,
): void {
  response.setHeader('cache-control', 'no-store')
  const { origin } = request.headers
  if (!origin) return
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-allow-credentials', 'true')
  response.setHeader('access-control-max-age', '0')
  if (allowedHeaders) response.setHeader('access-control-allow-headers', allowedHeaders)
}

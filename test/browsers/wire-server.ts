import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from '../support/listen.js'

/** A request with its header lines as they arrived. */
export interface WireRequest {
  method: string
  rawHeaders: readonly string[]
}

export interface WireServer {
  readonly origin: string
  /** Requests of one case in order of arrival, without CORS preflights. */
  requests(caseId: string): readonly WireRequest[]
  close(): Promise<void>
}

/** Responses by path. */
export type Pages = Record<string, { type: string; body: string }>

/**
 * Starts an origin on loopback that answers every request with 200 and records it by the query's `case`. The query sets
 * the response too: `allow` holds the headers that the CORS policy lists, `to` redirects.
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
  return {
    origin: await listen(server),
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

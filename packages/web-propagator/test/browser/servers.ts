import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Bundles a page. `alias` replaces packages that it imports. */
export async function bundlePage(file: string, alias: Record<string, string> = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    logLevel: 'error',
    alias,
  })
  return outputFiles[0]?.text ?? ''
}

export interface Origin {
  url: string
  close(): Promise<void>
}

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Origin> {
  const server = createServer((request, response) => {
    request.resume()
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function echo({ headers }: IncomingMessage): string {
  return JSON.stringify({ baggage: headers.baggage ?? null, traceparent: headers.traceparent ?? null })
}

/** The origin of the page: the page at `/<bundle>`, and routes that return the headers of the request. */
export function startOwnOrigin(bundles: Record<string, string>): Promise<Origin> {
  return listen((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://own')
    const name = pathname.slice(1).replace(/\.js$/, '')
    if (bundles[name] && pathname.endsWith('.js')) {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(bundles[name])
    } else if (bundles[name]) {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(`<!doctype html><title>${name}</title><button>go on</button><script src="/${name}.js"></script>`)
    } else if (pathname === '/stream') {
      response.writeHead(200, { 'content-type': 'text/plain' }).write('first\n')
      setTimeout(() => response.end(echo(request)), 20)
    } else response.writeHead(200, { 'content-type': 'application/json' }).end(echo(request))
  })
}

/** Another origin. Its CORS policy lists `baggage` under `/open` only, and the trace headers everywhere. */
export function startOtherOrigin(): Promise<Origin> {
  return listen((request, response) => {
    const headers = request.url?.startsWith('/open')
      ? 'traceparent, tracestate, baggage'
      : 'traceparent, tracestate'
    response
      .writeHead(200, {
        'content-type': 'application/json',
        'access-control-allow-origin': request.headers.origin ?? '*',
        'access-control-allow-headers': headers,
      })
      .end(echo(request))
  })
}

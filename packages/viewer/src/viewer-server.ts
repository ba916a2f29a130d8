import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { apmSpans } from './apm-spans.js'
import { tracerSpans } from './apm-traces.js'
import { agentInfo, isAgentPath } from './datadog-agent.js'
import { datadogAppUrl } from './datadog-links.js'
import { embeddedEvents } from './embedded-events.js'
import { answerGrpcClients, GRPC_CLIENT } from './grpc-clients.js'
import { isLocalHost, isLocalOrigin } from './host-names.js'
import { parseJson } from './json.js'
import { DEFAULT_LIMITS, type Limits } from './limits.js'
import { llmObsSpans } from './llmobs-events.js'
import { dropSignal, takeTraces } from './otlp-intake.js'
import { PAGE_HEADERS, pageFiles } from './page-files.js'
import { inflateError, RequestError, readBody, readNested } from './request-body.js'
import { rumEvents } from './rum-events.js'
import { streamChanges } from './state-stream.js'
import { TelemetryStore } from './telemetry-store.js'

export interface ViewerOptions {
  limits?: Partial<Limits>
  /** Links sessions and traces to this Datadog site, for example `datadoghq.eu`. Default: no links. */
  datadogSite?: string
  /** Where telemetry is kept. Default: a store of its own, within `limits`. */
  store?: TelemetryStore
  /** Names of this server, beside those of the local network, that a request's `Host` may have. */
  hosts?: string[]
}

/**
 * The viewer: an HTTP server, not yet listening, that takes RUM's `proxy` requests, OTLP/HTTP traces and what dd-trace
 * posts to its agent, keeps them in memory, and serves them as a page and as JSON. No request makes it fail.
 *
 * @example
 * createViewer().listen(4318, '127.0.0.1')
 */
export function createViewer({
  limits,
  datadogSite,
  store = new TelemetryStore(limits),
  hosts = [],
}: ViewerOptions = {}): Server {
  const { bodyBytes } = { ...DEFAULT_LIMITS, ...limits }
  const datadog = datadogSite === undefined ? null : datadogAppUrl(datadogSite)

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isLocalHost(request.headers.host, hosts)) throw new RequestError(403, 'this host is not the viewer')
    const { pathname, searchParams } = requestUrl(request)
    const route = `${request.method} ${pathname}`

    if (route === 'GET /api/state') return sendJson(response, store.state())
    if (route === 'GET /api/overview') {
      return sendJson(response, store.overview(Number(searchParams.get('since')) || 0))
    }
    if (route.startsWith('GET /api/sessions/'))
      return sendDetail(response, store.session(lastSegment(pathname)))
    if (route.startsWith('GET /api/traces/')) return sendDetail(response, store.trace(lastSegment(pathname)))
    if (route === 'DELETE /api/state') {
      store.clear()
      return sendJson(response, {})
    }
    if (route === 'GET /api/events') return streamChanges(store, request, response)
    if (route === 'GET /info') return sendJson(response, agentInfo)

    const isIntake = pathname === '/rum' || pathname.startsWith('/v1/')
    if (isIntake) allowLocalOrigin(request, response)
    if (isIntake && request.method === 'OPTIONS') return void response.writeHead(204).end()

    if (route === 'POST /rum') {
      store.addRumEvents(readRumEvents(await readBody(request, bodyBytes), searchParams.get('ddforward')))
      return void response.writeHead(202).end()
    }
    if (route === 'POST /v1/traces') return takeTraces(store, request, response, bodyBytes)
    if (route === 'POST /v1/metrics' || route === 'POST /v1/logs') {
      return dropSignal(request, response, bodyBytes)
    }
    // Tracers send no Origin; a page's simple request would need no leave to be taken.
    if (isAgentPath(pathname) && request.headers.origin !== undefined) {
      throw new RequestError(403, 'pages cannot send to the agent')
    }
    if (isAgentPath(pathname)) return takeAgentRequest(pathname, request, response)
    if (route === 'GET /config.json') return sendJson(response, { datadog })
    const file = (await pageFiles()).get(pathname)
    if (!file || request.method !== 'GET') return sendJson(response, { message: 'not found' }, 404)
    response.writeHead(200, { ...PAGE_HEADERS, 'content-type': file.contentType }).end(file.body)
  }

  /** Beacons are sent with credentials, so the answer names the origin and the headers: `*` would not count. */
  function allowLocalOrigin({ headers }: IncomingMessage, response: ServerResponse): void {
    if (headers.origin === undefined) return
    if (!isLocalOrigin(headers.origin, hosts)) throw new RequestError(403, 'this origin is not local')
    response.setHeader('access-control-allow-origin', headers.origin)
    response.setHeader('access-control-allow-credentials', 'true')
    response.setHeader('access-control-allow-methods', 'POST')
    response.setHeader('vary', 'origin, access-control-request-headers')
    const requested = headers['access-control-request-headers']
    if (requested) response.setHeader('access-control-allow-headers', requested)
  }

  function readRumEvents(body: Buffer, forward: string | null) {
    try {
      return rumEvents(body, forward, bodyBytes)
    } catch (error) {
      throw inflateError(error)
    }
  }

  async function takeAgentRequest(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await readBody(request, bodyBytes)
    if (path.endsWith('/api/v2/llmobs')) {
      const payload = parseJson(body.toString('utf8'))
      if (typeof payload !== 'object' || payload === null) throw new RequestError(400, 'the body is not JSON')
      addLlmObsEvents(payload)
    }
    const [, version] = /^\/(v0\.[45])\/traces$/.exec(path) ?? []
    if (version) {
      const spans = tracerSpans(body, version as 'v0.4' | 'v0.5')
      store.addApmSpans(apmSpans(spans))
      addLlmObsEvents({ spans: embeddedEvents(spans) })
    }
    sendJson(response, {})
  }

  function addLlmObsEvents(payload: object): void {
    const spans = readNested(() => llmObsSpans(payload))
    if (spans.length > 0) store.addSpans(spans, 'dd-trace')
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const status = error instanceof RequestError ? error.status : 500
      if (response.headersSent) return response.destroy()
      // A body that was left unread would be taken for the connection's next request.
      if (!request.complete) response.setHeader('connection', 'close')
      sendJson(response, { message: status === 500 ? 'internal error' : (error as Error).message }, status)
    })
  })
  answerGrpcClients(server, () => store.addNotice(GRPC_CLIENT))
  return server
}

function requestUrl({ url = '/' }: IncomingMessage): URL {
  try {
    return new URL(url, 'http://viewer')
  } catch {
    throw new RequestError(400, 'the path is none')
  }
}

function lastSegment(pathname: string): string {
  try {
    return decodeURIComponent(pathname.slice(pathname.lastIndexOf('/') + 1))
  } catch {
    throw new RequestError(400, 'the path is none')
  }
}

function sendDetail(response: ServerResponse, detail: object | undefined): void {
  if (detail) sendJson(response, detail)
  else sendJson(response, { message: 'not found' }, 404)
}

function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body))
}

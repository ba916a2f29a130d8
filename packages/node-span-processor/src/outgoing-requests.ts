import type { ClientRequest } from 'node:http'
import { headersOf, type KeyedHeaders } from './carrier-baggage.js'
import { type HostRule, warnWithheld } from './first-party-hosts.js'
import { authorityOf } from './outgoing-destination.js'
import { processState } from './process-state.js'
import { subscribeSafely } from './safe-subscription.js'

/** Withholds the session from third-party hosts. */
export interface OutgoingGuard {
  readonly isFirstParty: HostRule
  /** Removes the session from headers. Returns whether there was one. */
  clean(headers: KeyedHeaders): boolean
}

/** A request as undici publishes it. Node's fetch uses undici. */
interface UndiciRequest {
  readonly origin: unknown
  readonly path: string
  /** The application's Host header. */
  readonly host?: string | null
  /** Alternating names and values. Before undici 6, one string of header lines. */
  headers: string | unknown[]
  addHeader?: (name: string, value: string) => unknown
}

type Line = [name: unknown, value: unknown]

interface Created<Request> {
  readonly request: Request
}

const MAX_GUARDS = 16

/**
 * Cleans the requests of undici and, since Node 22.12, of node:http in which every guard finds a third-party host. Spans
 * do not show all hosts of a request. instrumentation-undici resolves the path against the origin, so
 * `https://api.example.com//v1/chat` shows as `https://v1/chat`, and it does not show a Host header. instrumentation-http
 * omits the host of an absolute-form path with a query. dd-trace does not see the redirects of fetch.
 *
 * One subscription serves the process. It keeps the latest 16 guards.
 *
 * @returns a function that removes the guard
 */
export function guardOutgoingRequests(guard: OutgoingGuard): () => void {
  const guards = processState('outgoing guards', () => {
    const created: OutgoingGuard[] = []
    subscribeSafely<Created<UndiciRequest>>('undici:request:create', ({ request }) =>
      guardUndici(request, created),
    )
    subscribeSafely<Created<ClientRequest>>('http.client.request.created', ({ request }) =>
      guardHttp(request, created),
    )
    return created
  })
  guards.push(guard)
  if (guards.length > MAX_GUARDS) guards.shift()
  return () => {
    const index = guards.indexOf(guard)
    if (index !== -1) guards.splice(index, 1)
  }
}

function guardUndici(request: UndiciRequest, guards: readonly OutgoingGuard[]): void {
  const headers = new UndiciHeaders(request)
  const hosts = [...(request.host ? [request.host] : []), ...headersOf(headers, 'host')]
  const names = [authorityOf(String(request.origin)), ...hosts, ...hostsInPath(request.path)]
  const clean = cleaner(names, guards)
  if (clean === undefined) return
  clean(headers)
  // Instrumentations that subscribed later add their headers after this. undici 6.11.0 has no addHeader.
  const add = request.addHeader ?? ((name, value) => (request.headers as unknown[]).push(name, value))
  request.addHeader = (name, value) => {
    add.call(request, name, value)
    clean(headers)
    return request
  }
}

function guardHttp(request: ClientRequest, guards: readonly OutgoingGuard[]): void {
  const headers: KeyedHeaders = {
    get: (name) => request.getHeader(name),
    set: (name, value) => request.setHeader(name, value),
    delete: (name) => request.removeHeader(name),
  }
  cleaner([request.host, ...headersOf(headers, 'host'), ...hostsInPath(request.path)], guards)?.(headers)
}

/** Returns a function that cleans the headers of a request to these hosts, or undefined if a guard accepts them all. */
function cleaner(
  names: string[],
  guards: readonly OutgoingGuard[],
): ((headers: KeyedHeaders) => void) | undefined {
  const thirdParties = guards.map(({ isFirstParty }) => names.find((name) => !isFirstParty(name)))
  const [thirdParty] = thirdParties
  if (thirdParty === undefined || thirdParties.includes(undefined)) return undefined
  return (headers) => {
    const cleaned = guards.filter((guard) => guard.clean(headers))
    if (cleaned.length > 0) warnWithheld(thirdParty)
  }
}

/** Returns the host in an absolute-form path, which forward proxies get, or in the authority form of CONNECT. */
function hostsInPath(path: string): string[] {
  if (/^[/?*]/.test(path)) return []
  return [path.includes('://') ? authorityOf(path) : path]
}

class UndiciHeaders implements KeyedHeaders {
  constructor(private readonly request: UndiciRequest) {}

  get(name: string): unknown[] {
    return this.#lines.filter(([key]) => isNamed(key, name)).flatMap(([, value]) => value)
  }

  set(name: string, value: string): void {
    this.#lines = [...this.#without(name), [name, value]]
  }

  delete(name: string): void {
    this.#lines = this.#without(name)
  }

  #without(name: string): Line[] {
    return this.#lines.filter(([key]) => !isNamed(key, name))
  }

  get #lines(): Line[] {
    const { headers } = this.request
    if (typeof headers === 'string') {
      return [...headers.matchAll(/([^:\r\n]*): ?([^\r\n]*)\r\n/g)].map(([, name, value]) => [name, value])
    }
    return headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]]] : []))
  }

  set #lines(lines: Line[]) {
    const { headers } = this.request
    if (typeof headers !== 'string') headers.splice(0, headers.length, ...lines.flat())
    else this.request.headers = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  }
}

function isNamed(key: unknown, name: string): boolean {
  return typeof key === 'string' && key.toLowerCase() === name
}

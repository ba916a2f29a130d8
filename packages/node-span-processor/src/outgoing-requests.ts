import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import { headersOf, type KeyedHeaders } from './carrier-baggage.js'
import { type HostRule, warnWithheld } from './first-party-hosts.js'
import { authorityOf } from './outgoing-destination.js'
import { processState } from './process-state.js'

/** What keeps the session from hosts that are not the user's. */
export interface OutgoingGuard {
  readonly isFirstParty: HostRule
  /** Removes the session from headers, and returns whether there was one. */
  clean(headers: KeyedHeaders): boolean
}

/** What undici publishes of a request, that of Node's fetch included. */
interface UndiciRequest {
  readonly origin: unknown
  readonly path: string
  /** The application's Host header. */
  readonly host?: string | null
  /** Names and values in turn; before undici 6 one text. */
  headers: string | unknown[]
  addHeader?: (name: string, value: string) => unknown
}

const MAX_GUARDS = 16

/**
 * Has a request of undici or node:http cleaned if every guard finds a host in it that is not the user's. A span does not
 * show all of them: instrumentation-undici resolves the path against the origin, so `https://api.example.com//v1/chat`
 * shows as `https://v1/chat`, and it does not show a Host header; instrumentation-http leaves the host out of an
 * absolute-form path with a query; dd-trace does not see the redirects of fetch. node:http publishes its requests from
 * Node 22.12 on.
 *
 * One subscription serves the process. Of more than 16 guards the last ones count.
 *
 * @returns a function that removes the guard
 */
export function guardOutgoingRequests(guard: OutgoingGuard): () => void {
  const guards = processState('outgoing guards', () => {
    const created: OutgoingGuard[] = []
    onRequest<UndiciRequest>('undici:request:create', (request) => guardUndici(request, created))
    onRequest<ClientRequest>('http.client.request.created', (request) => guardHttp(request, created))
    return created
  })
  guards.push(guard)
  if (guards.length > MAX_GUARDS) guards.shift()
  return () => {
    const index = guards.indexOf(guard)
    if (index !== -1) guards.splice(index, 1)
  }
}

function onRequest<Request>(channel: string, listener: (request: Request) => void): void {
  subscribe(channel, (message) => {
    try {
      listener((message as { request: Request }).request)
    } catch {
      // Thrown here, it would be an uncaught exception of the application.
    }
  })
}

function guardUndici(request: UndiciRequest, guards: readonly OutgoingGuard[]): void {
  const headers = new UndiciHeaders(request)
  const hosts = [...(request.host ? [request.host] : []), ...headersOf(headers, 'host')]
  const names = [authorityOf(String(request.origin)), ...hosts, ...namedInPath(request.path)]
  const clean = cleaner(names, guards)
  if (clean === undefined) return
  clean(headers)
  // An instrumentation that subscribed later adds its headers now. undici 6.11.0 has no addHeader.
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
  cleaner([request.host, ...headersOf(headers, 'host'), ...namedInPath(request.path)], guards)?.(headers)
}

/** Returns what cleans the headers of a request that names these hosts; nothing if one guard lets it pass. */
function cleaner(
  names: string[],
  guards: readonly OutgoingGuard[],
): ((headers: KeyedHeaders) => void) | undefined {
  const refused = guards.map(({ isFirstParty }) => names.find((name) => !isFirstParty(name)))
  const [foreign] = refused
  if (foreign === undefined || refused.includes(undefined)) return undefined
  return (headers) => {
    const cleaned = guards.filter((guard) => guard.clean(headers))
    if (cleaned.length > 0) warnWithheld(foreign)
  }
}

/** The host in a path in absolute form, as forward proxies get it, or in the authority form of CONNECT. */
function namedInPath(path: string): string[] {
  if (/^[/?*]/.test(path)) return []
  return [path.includes('://') ? authorityOf(path) : path]
}

/** The headers of an undici request: names and values in turn, or one text. */
class UndiciHeaders implements KeyedHeaders {
  constructor(private readonly request: UndiciRequest) {}

  get(name: string): unknown[] {
    return this.#lines()
      .filter(([key]) => isNamed(key, name))
      .flatMap(([, value]) => value)
  }

  set(name: string, value: string): void {
    this.delete(name)
    if (typeof this.request.headers === 'string') this.request.headers += `${name}: ${value}\r\n`
    else this.request.headers.push(name, value)
  }

  delete(name: string): void {
    const rest = this.#lines().filter(([key]) => !isNamed(key, name))
    const { headers } = this.request
    if (typeof headers !== 'string') headers.splice(0, headers.length, ...rest.flat())
    else this.request.headers = rest.map(([key, value]) => `${key}: ${value}\r\n`).join('')
  }

  #lines(): [name: unknown, value: unknown][] {
    const { headers } = this.request
    if (typeof headers === 'string') {
      return [...headers.matchAll(/([^:\r\n]*): ?([^\r\n]*)\r\n/g)].map(([, name, value]) => [name, value])
    }
    return headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]]] : []))
  }
}

function isNamed(key: unknown, name: string): boolean {
  return typeof key === 'string' && key.toLowerCase() === name
}

import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import { context } from '@opentelemetry/api'
import { headersOf, type KeyedHeaders, removeRumMembers } from './carrier-baggage.js'
import { hasSessionEntry } from './context-baggage.js'
import { warnWithheld } from './first-party-hosts.js'
import { authorityOf } from './outgoing-destination.js'
import { processState } from './process-state.js'

/** Returns the first of the authorities from which the session is withheld, if there is one. */
export type OutgoingGuard = (authorities: readonly string[], isShownBySpan: boolean) => string | undefined

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
 * Removes what RUM wrote from a request of undici or node:http whose hosts are refused by every guard. A span does not
 * show all of them: instrumentation-undici resolves the path against the origin, so `https://api.example.com//v1/chat`
 * shows as `https://v1/chat`, and it does not show a Host header; instrumentation-http leaves the host out of an
 * absolute-form path with a query. node:http publishes its requests from Node 22 on.
 *
 * One subscription serves the process. Of more than 16 guards the last ones count.
 */
export function guardOutgoingRequests(guard: OutgoingGuard): void {
  const guards = processState('outgoing guards', () => {
    const created: OutgoingGuard[] = []
    onRequest<UndiciRequest>('undici:request:create', (request) => guardUndici(request, created))
    onRequest<ClientRequest>('http.client.request.created', (request) => guardHttp(request, created))
    return created
  })
  guards.push(guard)
  if (guards.length > MAX_GUARDS) guards.shift()
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
  const isShownBySpan = hosts.length === 0 && /^\/(?![/\\])/.test(request.path)
  const names = [authorityOf(String(request.origin)), ...hosts, ...namedInPath(request.path)]
  const foreign = refused(names, isShownBySpan, guards)
  if (foreign === undefined) return
  const besideSession = hasSessionEntry(context.active())
  const clean = () => removeRumMembers(headers, besideSession) && warnWithheld(foreign)
  clean()
  // An instrumentation that subscribed later adds its headers now. undici 6.11.0 has no addHeader.
  const add = request.addHeader ?? ((name, value) => (request.headers as unknown[]).push(name, value))
  request.addHeader = (name, value) => {
    add.call(request, name, value)
    clean()
    return request
  }
}

function guardHttp(request: ClientRequest, guards: readonly OutgoingGuard[]): void {
  const headers: KeyedHeaders = {
    get: (name) => request.getHeader(name),
    set: (name, value) => request.setHeader(name, value),
    delete: (name) => request.removeHeader(name),
  }
  const inPath = namedInPath(request.path)
  const names = [request.host, ...headersOf(headers, 'host'), ...inPath]
  const foreign = refused(names, inPath.length === 0, guards)
  if (foreign === undefined) return
  if (removeRumMembers(headers, hasSessionEntry(context.active()))) warnWithheld(foreign)
}

function refused(
  names: string[],
  isShownBySpan: boolean,
  guards: readonly OutgoingGuard[],
): string | undefined {
  const refusals = guards.map((guard) => guard(names, isShownBySpan))
  return refusals.includes(undefined) ? undefined : refusals[0]
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

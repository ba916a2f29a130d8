import { type Attributes, type Context, SpanKind, trace } from '@opentelemetry/api'
import { hostOf } from './first-party-hosts.js'

/** A host; a host that cannot be read; or a queue, whose consumer no attribute names. */
export type Destination = { readonly host: string | undefined } | 'queue'

/**
 * Returns where the request of the client span in `context` goes, or nothing when that cannot be known: there is no
 * span, it cannot be read, it is not sampled (it then has neither kind nor attributes), or it is neither a client nor
 * a producer span. The `server.address` of a server span, for one, is what the caller wrote into its Host header.
 */
export function destinationOf(context: Context): Destination | undefined {
  try {
    const span = trace.getSpan(context) as { kind?: SpanKind; attributes?: Attributes } | undefined
    if (span?.kind === SpanKind.PRODUCER) return 'queue'
    if (span?.kind !== SpanKind.CLIENT || span.attributes === undefined) return undefined
    return destinationOfClient(span.attributes)
  } catch {
    return undefined
  }
}

function destinationOfClient(attributes: Attributes): Destination | undefined {
  const address = text(attributes['server.address'])
  const url = text(attributes['url.full']) ?? text(attributes['http.url'])
  if (address !== undefined && url !== undefined) return { host: hostOfBoth(address, url) }
  if (address !== undefined) return { host: hostOf(address) }
  if (url !== undefined) return { host: hostOf(authorityOf(url)) }
  const peer = text(attributes['net.peer.name'])
  return peer === undefined ? undefined : { host: hostOf(peer) }
}

// instrumentation-http builds both from the options of the request: url.full from `host`, server.address from
// `hostname`, to which Node connects, or else from `host` up to its first colon. So url.full has no valid authority
// where an absolute-form request goes through a forward proxy, whose host is then in server.address, and is right where
// server.address holds the first piece of the same IPv6 address.
function hostOfBoth(address: string, url: string): string | undefined {
  if (startsWithHost(url, address)) return hostOf(address)
  const authority = authorityOf(url)
  const urlHost = hostOf(authority)
  if (urlHost === undefined) return undefined
  // Of all hosts, only an IPv6 address has a colon. With nothing before it, as in ::1, server.address is 'localhost'.
  if (urlHost.includes(':') && address === (authority.slice(0, authority.indexOf(':')) || 'localhost'))
    return urlHost
  return hostOf(address)
}

// The usual case, told without taking the URL apart, which takes longer than the rest of inject.
function startsWithHost(url: string, host: string): boolean {
  const start = url.indexOf('://') + 3
  if (url.indexOf(host, start) !== start) return false
  const end = start + host.length
  return url[url[end] === ':' ? endOfDigits(url, end + 1) : end] === '/'
}

function endOfDigits(text: string, start: number): number {
  let end = start
  while (text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x39) end++
  return end
}

function authorityOf(url: string): string {
  return /^[a-z][a-z\d+.-]*:\/\/([^/\\?#]*)/i.exec(url)?.[1] ?? ''
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

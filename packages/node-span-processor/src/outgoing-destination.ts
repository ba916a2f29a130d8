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

// instrumentation-http builds url.full from the options of the request and cuts server.address at the first colon. So
// url.full has no valid authority where an absolute-form request goes through a forward proxy, whose host is then in
// server.address, and is right where server.address holds a piece of an IPv6 address.
function hostOfBoth(address: string, url: string): string | undefined {
  const urlHost = hostOf(authorityOf(url))
  // Of all hosts, only an IPv6 address has a colon.
  if (urlHost === undefined || urlHost.includes(':')) return urlHost
  return hostOf(address)
}

function authorityOf(url: string): string {
  return /^[a-z][a-z\d+.-]*:\/\/([^/\\?#]*)/i.exec(url)?.[1] ?? ''
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

import { env } from 'node:process'
import { type Attributes, type Context, SpanKind, trace } from '@opentelemetry/api'
import { hostOf } from './first-party-hosts.js'

/**
 * Returns all authorities that the client span in `context` names, because the request may go to any of them. Returns
 * `'queue'` for the message of a producer span, since no attribute names its consumer. Returns undefined if the
 * destination is unknown: without a span, for an unsampled span, which has neither kind nor attributes, and for a span of
 * another kind. The `server.address` of a server span, for example, is what the caller wrote into its Host header.
 */
export function destinationOf(context: Context): readonly string[] | 'queue' | undefined {
  try {
    const span = trace.getSpan(context) as { kind?: SpanKind; attributes?: Attributes } | undefined
    if (span?.kind === SpanKind.PRODUCER) return 'queue'
    if (span?.kind !== SpanKind.CLIENT || span.attributes === undefined) return undefined
    const { attributes } = span
    const names = [attributes['server.address'], attributes['net.peer.name']].filter(isText)
    for (const url of [attributes['url.full'], attributes['http.url']])
      if (isText(url)) names.push(authorityOf(url))
    if (attributes['rpc.system'] === 'grpc' && names.some(isPartOfGrpcTarget)) return undefined
    return names.length > 0 ? names : undefined
  } catch {
    return undefined
  }
}

/** Returns the authority of an absolute URL, or `''`. */
export function authorityOf(url: string): string {
  return /^[a-z][a-z\d+.-]*:\/\/([^/\\?#]*)/i.exec(url)?.[1] ?? ''
}

// instrumentation-grpc writes the last `name:port` of the channel's target. This may be the last of several addresses
// (`ipv4:8.8.8.8:443,10.0.0.1:443`), the scheme of an address without a port (`dns:8.8.8.8`), a group of an IPv6 address
// without brackets, or the end of an escaped bracket (`%5D:443`).
function isPartOfGrpcTarget(name: string): boolean {
  if (/^(dns|ipv[46]|[\da-f]{1,4}|[\d.]+)$/i.test(name)) return true
  // With a proxy in the environment, the target of every grpc-js channel is the proxy.
  const { grpc_proxy, https_proxy, http_proxy } = env
  const proxy = grpc_proxy || https_proxy || http_proxy
  return proxy !== undefined && hostOf(authorityOf(proxy)) === hostOf(name)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

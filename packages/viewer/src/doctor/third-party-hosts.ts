import type { ApmSpan } from '../apm-spans.js'
import { isPrivateHost } from '../host-names.js'
import { text } from '../json.js'
import type { Span, Trace } from '../telemetry.js'
import { hostOf } from '../url-parts.js'
import type { Row } from './checks.js'

/** Names the hosts outside this network that client spans name. What was sent there, no span shows. */
export function thirdPartyHosts(traces: readonly Trace[], apmSpansOf: (traceId: string) => ApmSpan[]): Row {
  const hosts = traces.flatMap(({ spans, traceId }) => [
    ...spans.flatMap((span) => clientHost(span) ?? []),
    ...apmSpansOf(traceId).flatMap(({ otelKind, host }) => (otelKind === 'client' && host) || []),
  ])
  const others = [...new Set(hosts)].filter((host) => !isPrivateHost(host))
  return {
    check: 'third-party hosts',
    result: others.length > 0 ? 'note' : 'ok',
    found:
      others.length > 0
        ? `client spans name ${others.join(', ')}; spans show no headers, so what went there is not seen`
        : 'no client span names one; a client that is not instrumented is not seen',
    mend:
      others.length > 0
        ? 'register, or FirstPartyBaggagePropagator, withholds the session from third-party hosts.'
        : '',
  }
}

function clientHost({ otelKind, attributes }: Span): string | null {
  if (otelKind !== 'client') return null
  const named = text(attributes['server.address']) || text(attributes['net.peer.name'])
  // A Unix socket has its path as address.
  if (named) return named.startsWith('/') ? null : named
  return hostOf(text(attributes['url.full']) || text(attributes['http.url']))
}

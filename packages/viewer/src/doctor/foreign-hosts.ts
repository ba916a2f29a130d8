import type { ApmSpan } from '../apm-traces.js'
import { isLocalHost } from '../host-names.js'
import { text } from '../json.js'
import type { Span, Trace } from '../telemetry.js'
import type { Row } from './checks.js'

/** Names the hosts outside this network that client spans name. What was sent there, no span shows. */
export function foreignHosts(traces: readonly Trace[], apmSpansOf: (traceId: string) => ApmSpan[]): Row {
  const hosts = traces.flatMap(({ spans, traceId }) => [
    ...spans.flatMap((span) => clientHost(span) ?? []),
    ...apmSpansOf(traceId).flatMap(({ otelKind, host }) => (otelKind === 'client' && host) || []),
  ])
  const foreign = [...new Set(hosts)].filter((host) => !isLocalHost(host.includes(':') ? `[${host}]` : host))
  return {
    check: 'foreign hosts',
    verdict: foreign.length > 0 ? 'note' : 'ok',
    found:
      foreign.length > 0
        ? `client spans name ${foreign.join(', ')}; spans show no headers, so what went there is not seen`
        : 'no client span names one; a client that is not instrumented is not seen',
    mend:
      foreign.length > 0
        ? 'register, or FirstPartyBaggagePropagator, withholds the session from hosts that are not yours.'
        : '',
  }
}

function clientHost({ otelKind, attributes }: Span): string | null {
  if (otelKind !== 'client') return null
  const url = text(attributes['url.full']) ?? text(attributes['http.url'])
  const named = text(attributes['server.address']) ?? text(attributes['net.peer.name'])
  return named ?? (url !== undefined && URL.canParse(url) ? new URL(url).hostname : null)
}

import { BlockList, isIP } from 'node:net'
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
  const foreign = [...new Set(hosts)].filter((host) => !isOfThisNetwork(host))
  return {
    check: 'third-party hosts',
    result: foreign.length > 0 ? 'note' : 'ok',
    found:
      foreign.length > 0
        ? `client spans name ${foreign.join(', ')}; spans show no headers, so what went there is not seen`
        : 'no client span names one; a client that is not instrumented is not seen',
    mend:
      foreign.length > 0
        ? 'register, or FirstPartyBaggagePropagator, withholds the session from third-party hosts.'
        : '',
  }
}

const privateAddresses = new BlockList()
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const)
  privateAddresses.addSubnet(network, prefix, 'ipv4')
privateAddresses.addAddress('::1', 'ipv6')
privateAddresses.addSubnet('fc00::', 7, 'ipv6')
privateAddresses.addSubnet('fe80::', 10, 'ipv6')

function isOfThisNetwork(host: string): boolean {
  const family = isIP(host)
  return family === 0 ? isLocalHost(host) : privateAddresses.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

function clientHost({ otelKind, attributes }: Span): string | null {
  if (otelKind !== 'client') return null
  const url = text(attributes['url.full']) ?? text(attributes['http.url'])
  const named = text(attributes['server.address']) ?? text(attributes['net.peer.name'])
  return named ?? (url !== undefined && URL.canParse(url) ? new URL(url).hostname : null)
}

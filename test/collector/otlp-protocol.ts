import assert from 'node:assert/strict'
import type { Collector } from '../support/collector.js'

/** URL of a Collector by the values of OTEL_EXPORTER_OTLP_PROTOCOL. */
export const otlpProtocols = {
  'http/protobuf': ({ httpUrl }: Collector) => httpUrl,
  'http/json': ({ httpUrl }: Collector) => httpUrl,
  grpc: ({ grpcUrl }: Collector) => grpcUrl,
}

export type OtlpProtocol = keyof typeof otlpProtocols

/** Checks the protocol of connections by their first bytes. Fails without connections. */
export function assertProtocol(openings: readonly string[], protocol: OtlpProtocol): void {
  assert.ok(openings.length > 0)
  for (const opening of openings) assert.equal(protocolOf(opening), protocol)
}

function protocolOf(opening: string): OtlpProtocol | undefined {
  // Headers of HTTP/2 are compressed. The Collector's gRPC port takes no other protocol over HTTP/2.
  if (opening.startsWith('PRI * HTTP/2.0\r\n')) return 'grpc'
  if (!opening.startsWith('POST /v1/traces HTTP/1.1\r\n')) return undefined
  const type = /^content-type: (\S+)\r$/im.exec(opening)?.[1]
  if (type === 'application/x-protobuf') return 'http/protobuf'
  return type === 'application/json' ? 'http/json' : undefined
}

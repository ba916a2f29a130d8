import assert from 'node:assert/strict'
import type { Collector } from '../support/collector.js'

/** OTLP's encodings and transports by the names of OTEL_EXPORTER_OTLP_PROTOCOL: where a Collector takes each. */
export const otlpProtocols = {
  'http/protobuf': ({ httpUrl }: Collector) => httpUrl,
  'http/json': ({ httpUrl }: Collector) => httpUrl,
  grpc: ({ grpcUrl }: Collector) => grpcUrl,
}

export type OtlpProtocol = keyof typeof otlpProtocols

/** Fails unless every one of these connections, by its first bytes, is of that protocol and there are any. */
export function assertProtocol(openings: readonly string[], protocol: OtlpProtocol): void {
  assert.ok(openings.length > 0)
  for (const opening of openings) assert.equal(protocolOf(opening), protocol)
}

function protocolOf(opening: string): OtlpProtocol | undefined {
  // What a Collector's gRPC port takes over HTTP/2 is gRPC; its headers are compressed.
  if (opening.startsWith('PRI * HTTP/2.0\r\n')) return 'grpc'
  if (!opening.startsWith('POST /v1/traces HTTP/1.1\r\n')) return undefined
  const type = /^content-type: (\S+)\r$/im.exec(opening)?.[1]
  if (type === 'application/x-protobuf') return 'http/protobuf'
  return type === 'application/json' ? 'http/json' : undefined
}

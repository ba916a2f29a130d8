import protobuf from 'protobufjs/light.js'
import { MAX_CONTAINERS } from './limits.js'
import { otlpDefinitions } from './otlp-definitions.js'

/** The body is not an OTLP trace export request. */
export class UndecodableError extends Error {}

const ExportTraceServiceRequest = otlpDefinitions.lookupType('ExportTraceServiceRequest')
const ExportTraceServiceResponse = otlpDefinitions.lookupType('ExportTraceServiceResponse')

/**
 * An OTLP/HTTP trace export request as its JSON encoding has it (hex ids, 64-bit integers as strings), whichever
 * encoding it came in. Its `resourceSpans` is an array; nothing below that is checked.
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp-request
 *
 * @throws {UndecodableError}
 */
export function decodeTraces(body: Buffer, encoding: 'json' | 'protobuf'): { resourceSpans: unknown[] } {
  const request = encoding === 'json' ? fromJson(body) : fromProtobuf(body)
  const { resourceSpans = [] } = request as { resourceSpans?: unknown }
  if (!Array.isArray(resourceSpans)) throw new UndecodableError('resourceSpans is not an array')
  return { resourceSpans }
}

/** The answer to an export request; https://opentelemetry.io/docs/specs/otlp/#partial-success-1. */
export function encodeTracesResponse(
  partialSuccess: { rejectedSpans: number; errorMessage: string },
  encoding: 'json' | 'protobuf',
): Uint8Array | string {
  const response = { partialSuccess: partialSuccess.rejectedSpans > 0 ? partialSuccess : {} }
  return encoding === 'json'
    ? JSON.stringify(response)
    : ExportTraceServiceResponse.encode(ExportTraceServiceResponse.fromObject(response)).finish()
}

function fromJson(body: Buffer): object {
  let request: unknown
  try {
    request = JSON.parse(body.toString('utf8'))
  } catch {
    throw new UndecodableError('the body is not JSON')
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw new UndecodableError('the body is not a JSON object')
  }
  return request
}

const TOO_MANY = new UndecodableError('the body holds too many messages')
let decodedMessages = 0

for (const type of otlpDefinitions.nestedArray) {
  if (!(type instanceof protobuf.Type) || type.name.startsWith('ExportTrace')) continue
  // The decoder makes each message with it, at any depth.
  type.ctor = class extends protobuf.Message {
    constructor(properties?: object) {
      super(properties)
      if (++decodedMessages > MAX_CONTAINERS) throw TOO_MANY
    }
  }
}

function fromProtobuf(body: Buffer): object {
  decodedMessages = 0
  try {
    const message = ExportTraceServiceRequest.decode(body)
    return withHexIds(ExportTraceServiceRequest.toObject(message, { longs: String, bytes: Buffer }))
  } catch (error) {
    if (error === TOO_MANY) throw error
    throw new UndecodableError('the body is not a protobuf ExportTraceServiceRequest')
  }
}

function withHexIds(request: Record<string, unknown>): object {
  const each = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value : [])
  for (const resource of each(request.resourceSpans)) {
    for (const scope of each(resource.scopeSpans)) {
      for (const span of each(scope.spans)) {
        for (const id of ['traceId', 'spanId', 'parentSpanId']) {
          if (Buffer.isBuffer(span[id])) span[id] = span[id].toString('hex')
        }
      }
    }
  }
  return request
}

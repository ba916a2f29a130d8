import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeTraces, encodeTracesResponse, UndecodableError } from './otlp-decoder.js'
import { otlpSpans } from './otlp-spans.js'
import { RequestError, readBody, readNested } from './request-body.js'
import type { TelemetryStore } from './telemetry-store.js'

const ENCODINGS = new Map<string | undefined, 'json' | 'protobuf'>([
  ['application/json', 'json'],
  ['application/x-protobuf', 'protobuf'],
])

/**
 * Takes an OTLP/HTTP export request and answers in its encoding; https://opentelemetry.io/docs/specs/otlp/#otlphttp.
 *
 * @throws {RequestError} 415 for another content type, 400 for what cannot be decoded, 413 past `maxBytes`
 */
export async function takeTraces(
  store: TelemetryStore,
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
): Promise<void> {
  const { contentType, encoding } = encodingOf(request)
  const { spans, rejected } = decodeSpans(await readBody(request, maxBytes), encoding)
  const rejectedSpans = rejected + store.addSpans(spans, 'otlp')
  const errorMessage = 'a span without ids, or of a trace that is full'
  response
    .writeHead(200, { 'content-type': contentType })
    .end(encodeTracesResponse({ rejectedSpans, errorMessage }, encoding))
}

/** Accepts an export request of another signal and keeps nothing of it. */
export async function dropSignal(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
): Promise<void> {
  const { contentType, encoding } = encodingOf(request)
  await readBody(request, maxBytes)
  // The message without fields, which means success for every signal.
  response.writeHead(200, { 'content-type': contentType }).end(encoding === 'json' ? '{}' : '')
}

function encodingOf({ headers }: IncomingMessage) {
  const contentType = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  const encoding = ENCODINGS.get(contentType)
  if (!contentType || !encoding) {
    throw new RequestError(415, 'OTLP is application/json or application/x-protobuf')
  }
  return { contentType, encoding }
}

function decodeSpans(body: Buffer, encoding: 'json' | 'protobuf'): ReturnType<typeof otlpSpans> {
  try {
    return readNested(() => otlpSpans(decodeTraces(body, encoding).resourceSpans))
  } catch (error) {
    if (error instanceof UndecodableError) throw new RequestError(400, error.message)
    throw error
  }
}

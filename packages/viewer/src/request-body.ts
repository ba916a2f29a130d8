import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'

/** The request cannot be taken; `status` is the HTTP status to answer with. */
export class RequestError extends Error {
  constructor(
    readonly status: 400 | 403 | 413 | 415,
    message: string,
  ) {
    super(message)
  }
}

/**
 * The request's whole body, decompressed as its Content-Encoding says.
 *
 * @throws {RequestError} 413 when it passes `maxBytes` before or after decompression, 415 for an unknown encoding,
 *   400 when it is not what the encoding says
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    // What remains is drained, not kept: a client that is still sending would not see the answer.
    if (length <= maxBytes) chunks.push(chunk)
    else chunks.length = 0
    if (length > maxBytes * DRAIN_FACTOR) break
  }
  if (length > maxBytes) throw new RequestError(413, 'the body is too large')
  return decompress(Buffer.concat(chunks), request.headers['content-encoding'], maxBytes)
}

const DRAIN_FACTOR = 4

async function decompress(
  body: Buffer,
  encoding: string | undefined,
  maxOutputLength: number,
): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body
  if (encoding !== 'gzip' && encoding !== 'deflate') throw new RequestError(415, 'unknown content encoding')
  try {
    return await promisify(encoding === 'gzip' ? gunzip : inflate)(body, { maxOutputLength })
  } catch (error) {
    throw inflateError(error)
  }
}

/** @throws {RequestError} 400 for values nested so deep that `read` overflows the stack */
export function readNested<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    throw error instanceof RangeError ? new RequestError(400, 'the body is nested too deep') : error
  }
}

/** Tells a body that grows past the bound from one that is not compressed. */
export function inflateError(error: unknown): RequestError {
  return (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'
    ? new RequestError(413, 'the body is too large')
    : new RequestError(400, 'the body is not compressed as announced')
}

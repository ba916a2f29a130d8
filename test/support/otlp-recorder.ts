import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { decodeTraces, encodeTracesResponse } from '../../packages/viewer/src/otlp-decoder.js'
import { otlpSpans } from '../../packages/viewer/src/otlp-spans.js'
import type { Span } from '../../packages/viewer/src/telemetry.js'
import { listen } from './listen.js'

export interface RecordedSpan extends Span {
  traceId: string
}

type Encoding = 'json' | 'protobuf'

interface Answer {
  status: number
  body: Buffer
}

export interface RecorderOptions {
  /** URL that requests are forwarded to. Default: none, and the recorder accepts every request. */
  upstream?: string
  port?: number
}

/** An OTLP/HTTP endpoint that keeps every span by its id: in `offered`, and in `accepted` if it answered with success. */
export class OtlpRecorder {
  readonly offered = new Map<string, RecordedSpan>()
  readonly accepted = new Map<string, RecordedSpan>()
  /** Ids of spans that were accepted more than once. */
  readonly repeated = new Set<string>()
  /** Number of requests that could not be forwarded, because the upstream was away or closed the connection. */
  unreachable = 0
  /** Number of successful answers that report rejected spans. */
  rejections = 0
  /** While set, requests are answered with this status and not forwarded. */
  refuseWith: number | undefined
  /** Number of requests that were answered with `refuseWith`. */
  refusals = 0
  /** Headers of the last request. */
  headers: IncomingMessage['headers'] = {}
  url = ''
  readonly #server: Server
  #upstream: string | undefined

  private constructor(upstream: string | undefined) {
    this.#upstream = upstream
    this.#server = createServer((request, response) => {
      this.#take(request, response).catch(() => response.destroy())
    })
  }

  static async start({ upstream, port = 0 }: RecorderOptions = {}): Promise<OtlpRecorder> {
    const recorder = new OtlpRecorder(upstream)
    recorder.url = await listen(recorder.#server, port)
    return recorder
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await promisify(this.#server.close.bind(this.#server))()
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const isTraces = request.url === '/v1/traces'
    const spans = isTraces ? await decode(request, body) : []
    if (isTraces) this.headers = request.headers
    for (const span of spans) this.offered.set(span.spanId, span)

    const answer = await this.#answer(request, body)
    const rejects = answer.status < 300 && rejectsSpans(answer.body, encodingOf(request))
    if (rejects) this.rejections++
    if (answer.status < 300 && !rejects) {
      for (const span of spans) {
        if (this.accepted.has(span.spanId)) this.repeated.add(span.spanId)
        this.accepted.set(span.spanId, span)
      }
    }
    const type = request.headers['content-type'] ?? 'application/x-protobuf'
    response.writeHead(answer.status, { 'content-type': type }).end(answer.body)
  }

  async #answer(request: IncomingMessage, body: Buffer): Promise<Answer> {
    if (this.refuseWith !== undefined) {
      this.refusals++
      return { status: this.refuseWith, body: Buffer.from('') }
    }
    if (this.#upstream === undefined) return { status: 200, body: Buffer.from('') }
    return forward(request, body, this.#upstream).catch((error) => {
      this.unreachable++
      throw error
    })
  }
}

/** https://opentelemetry.io/docs/specs/otlp/#partial-success-1 */
function rejectsSpans(body: Buffer, encoding: Encoding): boolean {
  const tookAll = encodeTracesResponse({ rejectedSpans: 0, errorMessage: '' }, encoding)
  return body.length > 0 && body.toString() !== '{}' && !body.equals(Buffer.from(tookAll))
}

function encodingOf({ headers }: IncomingMessage): Encoding {
  return headers['content-type']?.startsWith('application/json') ? 'json' : 'protobuf'
}

async function decode(request: IncomingMessage, body: Buffer): Promise<RecordedSpan[]> {
  const plain = request.headers['content-encoding'] === 'gzip' ? await promisify(gunzip)(body) : body
  const { spans } = otlpSpans(decodeTraces(plain, encodingOf(request)).resourceSpans)
  return spans.map(({ traceId, span }) => ({ ...span, traceId }))
}

/** Rejects when the upstream cannot be reached or closes the connection. */
function forward({ method, url, headers }: IncomingMessage, body: Buffer, upstream: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { host: _host, connection: _connection, ...rest } = headers
    const outgoing = httpRequest(
      new URL(url ?? '/', upstream),
      { method, headers: rest, agent: false },
      (answer) => {
        buffer(answer).then(
          (received) => resolve({ status: answer.statusCode ?? 502, body: received }),
          reject,
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.setTimeout(30_000, () => outgoing.destroy(new Error('no answer')))
    outgoing.end(body)
  })
}

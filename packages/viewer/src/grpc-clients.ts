import type { Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { Socket } from 'node:net'
import type { Reason } from './telemetry.js'

/** The first bytes of every HTTP/2 connection; https://www.rfc-editor.org/rfc/rfc9113#section-3.4. */
const PREFACE = 'PRI * HTTP/2.0'
const EXPORT_SPANS = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const UNIMPLEMENTED = '12'
const MEND = 'Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, and OTEL_EXPORTER_OTLP_ENDPOINT to this address.'

export const GRPC_CLIENT: Reason = {
  code: 'grpc',
  found: 'A client speaks gRPC to this port, which takes OTLP over HTTP: none of its spans arrive.',
  mend: MEND,
}

/**
 * Makes an HTTP/1 server recognise gRPC clients on its port. Each of their calls is answered UNIMPLEMENTED with what to
 * set, which exporters write to the application's log.
 *
 * @param seen called for each export of spans; metrics and logs are not this port's matter
 */
export function answerGrpcClients(server: Server, seen: () => void): void {
  const http2 = createHttp2Server()
  http2.on('session', (session) => session.on('error', () => {}))
  http2.on('stream', (stream, headers) => {
    if (headers[':path'] === EXPORT_SPANS) seen()
    stream.on('error', () => {})
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': UNIMPLEMENTED,
        'grpc-message': MEND,
      },
      { endStream: true },
    )
  })
  const [serveHttp1] = server.listeners('connection') as ((this: Server, socket: Socket) => void)[]
  server.removeAllListeners('connection')
  // HTTP/1 knows nothing of the connections that have sent nothing yet or speak HTTP/2.
  const others = new Set<Socket>()
  const { closeAllConnections } = server
  server.closeAllConnections = () => {
    closeAllConnections.call(server)
    for (const socket of others) socket.destroy()
  }
  server.on('connection', (socket: Socket) => {
    others.add(socket)
    socket.on('error', () => {}).once('close', () => others.delete(socket))
    socket.once('data', (chunk) => {
      socket.pause()
      socket.unshift(chunk)
      if (chunk.subarray(0, PREFACE.length).toString('latin1') === PREFACE) {
        // The session reads what is buffered by itself; a socket that flows would lose it.
        http2.emit('connection', socket)
      } else {
        others.delete(socket)
        serveHttp1?.call(server, socket)
        socket.resume()
      }
    })
  })
}

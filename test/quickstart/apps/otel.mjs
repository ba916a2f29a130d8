import http from 'node:http'
import { trace } from '@opentelemetry/api'

const tracer = trace.getTracer('app')

http
  .createServer((request, response) => {
    const attributes = { 'gen_ai.operation.name': 'chat', expected: request.url.slice(1) }
    tracer.startActiveSpan('chat', { attributes }, (span) => {
      response.end('Hello')
      span.end()
    })
  })
  .listen(Number(process.env.PORT), '127.0.0.1')

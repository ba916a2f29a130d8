// The server process: an instrumented http server whose handlers do not use the session.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { trace } from '@opentelemetry/api'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { LlmObsSessionSpanProcessor } from '../../packages/node-span-processor/src/index.js'
import { EXPECTED, SessionCount, type SessionCounts } from './session-count.js'

export interface Sample {
  handled: number
  heapUsed: number
}

export type ServerMessage = { port: number } | { handled: number; counts: SessionCounts; samples: Sample[] }

const sampleEvery = Number(process.argv[2])
const exporter = new SessionCount()
new NodeSDK({
  spanProcessors: [new LlmObsSessionSpanProcessor(), new SimpleSpanProcessor(exporter)],
  instrumentations: [new HttpInstrumentation()],
}).start()
// Required after the instrumentation, which patches the module at require.
const { createServer } = createRequire(import.meta.url)('node:http') as typeof import('node:http')

const tracer = trace.getTracer('load')
const samples: Sample[] = []
let handled = 0
let finished = 0

function work(name: string, operation: string, expected: string): void {
  const span = tracer.startSpan(name, { attributes: { [EXPECTED]: expected } })
  span.setAttribute('gen_ai.operation.name', operation)
  span.end()
}

/** Makes an agent span at once, a tool span later, and a model span after the response started or the client aborted. */
function handle(request: IncomingMessage, response: ServerResponse): void {
  handled++
  const [, route, expected = ''] = (request.url ?? '').split('/')
  tracer.startActiveSpan('agent', (agent) => {
    agent.setAttributes({ [EXPECTED]: expected, 'gen_ai.operation.name': 'invoke_agent' })
    request.resume()
    request.on('end', () => {
      setImmediate(() => {
        work('tool', 'execute_tool', expected)
        agent.end()
        if (route === 'stream') stream(response, expected)
        else response.end(`<${expected}>`)
        work('model', 'chat', expected)
        finish()
      })
    })
  })
}

function stream(response: ServerResponse, expected: string): void {
  response.write('data: 1\n\n')
  setTimeout(() => {
    work('late model', 'chat', expected)
    response.end(`<${expected}>`)
  }, 5)
}

function finish(): void {
  finished++
  if (finished % sampleEvery !== 0) return
  globalThis.gc?.()
  samples.push({ handled: finished, heapUsed: process.memoryUsage().heapUsed })
}

const server = createServer(handle)
server.on('clientError', (_, socket) => socket.destroy())
server.listen(0, '127.0.0.1', () => send({ port: (server.address() as AddressInfo).port }))
process.on('message', () => {
  server.closeAllConnections()
  send({ handled, counts: exporter.counts, samples })
})

function send(message: ServerMessage): void {
  process.send?.(message)
}

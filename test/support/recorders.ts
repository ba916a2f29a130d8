import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { buffer, json } from 'node:stream/consumers'
import { agentInfo } from '../../packages/viewer/src/datadog-agent.js'
import { llmObsSpans } from '../../packages/viewer/src/llmobs-events.js'
import { genAiSpans } from './agent-traces.js'
import { listen } from './listen.js'
import type { ExportedSpan } from './session-counts.js'

function stop(server: Server): void {
  server.closeAllConnections()
  server.close()
}

const HEAD = { id: 'chatcmpl-1', created: 1, model: 'gpt-5' }
const MESSAGE = { role: 'assistant', content: 'Hello' }
const COMPLETION = JSON.stringify({
  ...HEAD,
  object: 'chat.completion',
  choices: [{ index: 0, message: MESSAGE, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})
const CHUNK = JSON.stringify({
  ...HEAD,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: MESSAGE, finish_reason: 'stop' }],
})

/** The API of a company that trains models, and all headers that it got. */
export class Vendor {
  readonly headers: IncomingHttpHeaders[] = []
  url = ''
  readonly #server = createServer(async (request, response) => {
    this.headers.push(request.headers)
    const { stream } = (await json(request)) as { stream?: boolean }
    response.setHeader('content-type', stream ? 'text/event-stream' : 'application/json')
    response.end(stream ? `data: ${CHUNK}\n\ndata: [DONE]\n\n` : COMPLETION)
  })

  static async start(): Promise<Vendor> {
    const vendor = new Vendor()
    vendor.url = (await listen(vendor.#server)).replace('127.0.0.1', 'api.vendor.test')
    return vendor
  }

  stop(): void {
    stop(this.#server)
  }
}

/** What dd-trace takes for a Datadog Agent: the LLMObs events that it got, and spans made through OpenTelemetry's API. */
export class DdAgent {
  readonly spans: ExportedSpan[] = []
  url = ''
  readonly #server = createServer(async (request, response) => {
    const isLlmObs = request.url?.endsWith('/api/v2/llmobs')
    if (isLlmObs) this.spans.push(...llmObsSpans(await json(request)))
    if (request.url === '/v0.4/traces') this.spans.push(...genAiSpans(await buffer(request)))
    response.setHeader('content-type', 'application/json')
    response.end(request.url === '/info' ? JSON.stringify(agentInfo) : '{}')
  })

  static async start(): Promise<DdAgent> {
    const agent = new DdAgent()
    agent.url = await listen(agent.#server)
    return agent
  }

  stop(): void {
    stop(this.#server)
  }
}

/** The environment in which exporters of all makes send to these two, fast. */
export function backends(otlp: string, agent: string): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_BSP_SCHEDULE_DELAY: '200',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_NODE_RESOURCE_DETECTORS: 'none',
    OTEL_AWS_APPLICATION_SIGNALS_ENABLED: 'false',
    PHOENIX_COLLECTOR_ENDPOINT: otlp,
    TRACELOOP_BASE_URL: otlp,
    TRACELOOP_API_KEY: 'none',
    TRACELOOP_TELEMETRY: 'false',
    LANGFUSE_BASE_URL: agent,
    LANGFUSE_PUBLIC_KEY: 'none',
    LANGFUSE_SECRET_KEY: 'none',
    SENTRY_DSN: `${agent.replace('://', '://key@')}/1`,
    DD_TRACE_AGENT_URL: agent,
    DD_LLMOBS_ENABLED: '1',
    DD_LLMOBS_ML_APP: 'shop',
    DD_INSTRUMENTATION_TELEMETRY_ENABLED: '0',
    DD_REMOTE_CONFIGURATION_ENABLED: '0',
    DD_TRACE_STARTUP_LOGS: '0',
    DD_CRASHTRACKING_ENABLED: '0',
  }
}

import { join } from 'node:path'
import { pythonCommands } from './cached-tools.js'
import { answers, freePorts, ServiceProcess } from './service-process.js'

/** An LLM Observability event, as dd-trace sends it and as the query API returns it. */
export interface LlmObsEvent {
  name: string
  session_id?: string
  trace_id: string
  tags: string[]
  meta: { 'span.kind'?: string; span?: { kind?: string } }
}

/** A span of dd-trace's trace endpoint, decoded by the agent. */
export interface ApmSpan {
  name: string
  resource: string
  meta: Record<string, string>
}

export interface OtlpSpan {
  name: string
  attributes: { key: string; value: { string_value?: string } }[]
}

/** Datadog's APM test agent with the query API of the LLM Observability pages. */
export class TestAgent {
  private constructor(
    readonly url: string,
    readonly otlpHttpUrl: string,
    readonly process: ServiceProcess,
  ) {}

  /** @throws {ToolAbsentError} without Python 3 */
  static async start(): Promise<TestAgent> {
    const [port = 0, otlpHttp = 0, otlpGrpc = 0] = await freePorts(3)
    const service = new ServiceProcess(join(await pythonCommands(), 'python'), [
      '-m',
      'lapdog.server',
      `--port=${port}`,
      `--otlp-http-port=${otlpHttp}`,
      `--otlp-grpc-port=${otlpGrpc}`,
      '--disable-llmobs-data-forwarding',
      '--max-requests=100000',
    ])
    const agent = new TestAgent(`http://127.0.0.1:${port}`, `http://127.0.0.1:${otlpHttp}`, service)
    await service.ready(() => answers(`${agent.url}/info`), 60)
    return agent
  }

  async clear(): Promise<void> {
    await fetch(`${this.url}/test/session/clear`)
  }

  /** LLM Observability events received so far. */
  async events(): Promise<LlmObsEvent[]> {
    const requests = (await getJson(`${this.url}/test/session/requests`)) as { url: string; body: string }[]
    return requests
      .filter(({ url }) => url.endsWith('/api/v2/llmobs'))
      .flatMap(({ body }) => JSON.parse(Buffer.from(body, 'base64').toString()))
      .flatMap((payload: { spans: LlmObsEvent[] }) => payload.spans)
  }

  /** LLM Observability events that match a query in the search syntax. */
  async search(query: string): Promise<LlmObsEvent[]> {
    const found = await getJson(`${this.url}/api/unstable/llm-obs-query-rewriter/list?type=llmobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ list: { search: { query }, limit: 1000 } }),
    })
    const { result } = found as { result: { events: { event: { custom: LlmObsEvent } }[] } }
    return result.events.map(({ event }) => event.custom)
  }

  /** Spans of the trace endpoint received so far. */
  async traces(): Promise<ApmSpan[]> {
    return ((await getJson(`${this.url}/test/session/traces`)) as ApmSpan[][]).flat()
  }

  /** OTLP spans received so far. */
  async otlpSpans(): Promise<OtlpSpan[]> {
    const requests = (await getJson(`${this.otlpHttpUrl}/test/session/traces`)) as {
      resource_spans: { scope_spans: { spans: OtlpSpan[] }[] }[]
    }[]
    return requests.flatMap(({ resource_spans }) =>
      resource_spans.flatMap(({ scope_spans }) => scope_spans.flatMap(({ spans }) => spans)),
    )
  }
}

async function getJson(url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init)
  if (!response.ok) throw new Error(`test agent: ${url} answered ${response.status}`)
  return response.json()
}

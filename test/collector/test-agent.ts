import { join } from 'node:path'
import { pythonCommands } from '../support/cached-tools.js'
import { answers, freePorts, ServiceProcess } from '../support/service-process.js'

/** An LLM Observability event as the query API lists it. */
export interface ListedEvent {
  name: string
  session_id?: string
  trace_id: string
  tags: string[]
  meta: { span?: { kind?: string } }
}

/** Datadog's APM test agent, with the query API that LLM Observability's own pages use. */
export class TestAgent {
  private constructor(
    readonly url: string,
    readonly otlpHttpUrl: string,
    readonly process: ServiceProcess,
  ) {}

  static async start(): Promise<TestAgent> {
    const [port = 0, otlpHttp = 0, otlpGrpc = 0] = await freePorts(3)
    const service = new ServiceProcess(join(await pythonCommands(), 'python'), [
      '-m',
      'lapdog.server',
      `--port=${port}`,
      `--otlp-http-port=${otlpHttp}`,
      `--otlp-grpc-port=${otlpGrpc}`,
      '--disable-llmobs-data-forwarding',
    ])
    const agent = new TestAgent(`http://127.0.0.1:${port}`, `http://127.0.0.1:${otlpHttp}`, service)
    await service.ready(() => answers(`${agent.url}/info`), 60)
    return agent
  }

  /** What LLM Observability finds for a query in its search syntax. */
  async llmObsEvents(query: string): Promise<ListedEvent[]> {
    const response = await fetch(`${this.url}/api/unstable/llm-obs-query-rewriter/list?type=llmobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ list: { search: { query }, limit: 1000 } }),
    })
    const { result } = (await response.json()) as { result: { events: { event: { custom: ListedEvent } }[] } }
    return result.events.map(({ event }) => event.custom)
  }

  /** The spans that an LLMObs SDK posted, just as they came. */
  async postedEvents(): Promise<{ session_id?: string }[]> {
    const requests = (await (await fetch(`${this.url}/test/session/requests`)).json()) as {
      url: string
      body: string
    }[]
    return requests
      .filter(({ url }) => url.endsWith('/api/v2/llmobs'))
      .flatMap(({ body }) => JSON.parse(Buffer.from(body, 'base64').toString()) as { spans: [] }[])
      .flatMap(({ spans }) => spans)
  }

  /** The names and attributes of the OTLP spans that it received. */
  async otlpSpans(): Promise<OtlpSpan[]> {
    const requests = (await (await fetch(`${this.otlpHttpUrl}/test/session/traces`)).json()) as {
      resource_spans: { scope_spans: { spans: OtlpSpan[] }[] }[]
    }[]
    return requests.flatMap(({ resource_spans }) =>
      resource_spans.flatMap(({ scope_spans }) => scope_spans.flatMap(({ spans }) => spans)),
    )
  }
}

export interface OtlpSpan {
  name: string
  attributes: { key: string; value: { string_value?: string } }[]
}

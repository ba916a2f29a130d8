import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { agentInfo } from '../../demo/viewer/src/datadog-agent.js'
import { llmObsSpans } from '../../demo/viewer/src/llmobs-events.js'
import type { ReceivedSpan } from '../../demo/viewer/src/otlp-spans.js'

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

function stop(server: Server): void {
  server.closeAllConnections()
  server.close()
}

const COMPLETION = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-5',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})

/** The API of a company that trains models, and all headers that it got. */
export class Vendor {
  readonly headers: IncomingHttpHeaders[] = []
  url = ''
  readonly #server = createServer((request, response) => {
    this.headers.push(request.headers)
    request.resume().once('end', () => response.setHeader('content-type', 'application/json').end(COMPLETION))
  })

  static async start(): Promise<Vendor> {
    const vendor = new Vendor()
    vendor.url = `http://api.vendor.test:${await listen(vendor.#server)}`
    return vendor
  }

  stop(): void {
    stop(this.#server)
  }
}

/** What dd-trace takes for a Datadog Agent, and the LLMObs events that it got. */
export class DdAgent {
  readonly spans: ReceivedSpan[] = []
  url = ''
  readonly #server = createServer(async (request, response) => {
    const isLlmObs = request.url?.endsWith('/api/v2/llmobs')
    if (isLlmObs) this.spans.push(...llmObsSpans(await json(request)))
    response.setHeader('content-type', 'application/json')
    response.end(request.url === '/info' ? JSON.stringify(agentInfo) : '{}')
  })

  static async start(): Promise<DdAgent> {
    const agent = new DdAgent()
    agent.url = `http://127.0.0.1:${await listen(agent.#server)}`
    return agent
  }

  stop(): void {
    stop(this.#server)
  }
}

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { ResearchSetup } from './start-demo.js'

export interface ThirdPartyLlm {
  /** Of every request so far. */
  received: IncomingHttpHeaders[]
  /** Makes the research service use it. */
  setup: ResearchSetup
  stop(): void
}

const host = 'api.llm-vendor.example'

/**
 * An LLM vendor's API on a public-looking host, that answers OpenAI chat completions and Anthropic messages and records
 * the headers. Node is led to it by its resolver, and Python's clients by a proxy.
 */
export async function startThirdPartyLlm(): Promise<ThirdPartyLlm> {
  const received: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    received.push(request.headers)
    void answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    received,
    setup: {
      imports: ['./demo/third-party-host.ts'],
      env: {
        THIRD_PARTY_HOST: host,
        OPENAI_API_KEY: 'none',
        OPENAI_BASE_URL: `http://${host}:${port}/v1`,
        ANTHROPIC_API_KEY: 'none',
        ANTHROPIC_BASE_URL: `http://${host}`,
        HTTP_PROXY: `http://127.0.0.1:${port}`,
        http_proxy: `http://127.0.0.1:${port}`,
      },
    },
    stop: () => server.close().closeAllConnections(),
  }
}

/** Answers an OpenAI chat completion, streamed where that is asked for, or an Anthropic message. */
export async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const isStream = ((await json(request)) as { stream?: boolean }).stream === true
  if (request.url?.endsWith('/v1/messages')) {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(anthropicMessage))
    return
  }
  response.setHeader('content-type', isStream ? 'text/event-stream' : 'application/json')
  response.end(isStream ? `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n` : JSON.stringify(completion))
}

const shared = {
  id: 'chatcmpl-1',
  created: 1,
  model: 'vendor-model',
  usage: { prompt_tokens: 40, completion_tokens: 8, total_tokens: 48 },
}
const message = {
  role: 'assistant',
  content: 'The Ridge tent stands a week of rain with its fly taut and both vents open.',
}
const completion = {
  ...shared,
  object: 'chat.completion',
  choices: [{ index: 0, message, finish_reason: 'stop' }],
}
const chunk = {
  ...shared,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: message, finish_reason: 'stop' }],
}
const anthropicMessage = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'vendor-model',
  content: [{ type: 'text', text: message.content }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 40, output_tokens: 8 },
}

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

/** An LLM vendor's API on a public-looking host, that answers OpenAI chat completions and records the headers. */
export async function startThirdPartyLlm(): Promise<ThirdPartyLlm> {
  const received: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    received.push(request.headers)
    void answerChat(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    received,
    setup: {
      imports: ['./demo/third-party-host.ts'],
      env: { THIRD_PARTY_HOST: host, OPENAI_API_KEY: 'none', OPENAI_BASE_URL: `http://${host}:${port}/v1` },
    },
    stop: () => server.close().closeAllConnections(),
  }
}

/** Answers an OpenAI chat completion, streamed where that is asked for. */
export async function answerChat(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const isStream = ((await json(request)) as { stream?: boolean }).stream === true
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

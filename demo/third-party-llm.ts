import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
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
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(completion))
    })
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

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'vendor-model',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'The vendor says: keep it dry.' },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 40, completion_tokens: 8, total_tokens: 48 },
}

import { createServer } from 'node:http'
import { listen } from '../../support/listen.js'

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'loopback-model',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'Two, from Lisbon.' }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
}

/** A model that answers OpenAI's chat completions on loopback. */
export async function startModel(): Promise<{ url: string; stop(): void }> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(completion))
    })
  })
  return { url: `${await listen(server)}/v1`, stop: () => server.close().closeAllConnections() }
}

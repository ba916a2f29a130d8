import { createServer } from 'node:http'
import { messages } from './anthropic-api.mjs'
import { chat, embeddings, responses } from './openai-api.mjs'

const routes = {
  '/v1/chat/completions': chat,
  '/v1/responses': responses,
  '/v1/embeddings': embeddings,
  '/v1/messages': messages,
}

/**
 * Starts a server on loopback with OpenAI's chat, Responses and embeddings API and Anthropic's messages API, with and
 * without streaming. A request with a weather tool and no tool result is answered with a tool call, any other with text.
 * The server ends with the process.
 *
 * @example
 * const models = await startModelServer()
 * new OpenAI({ baseURL: `${models.url}/v1`, apiKey: 'none' })
 */
export async function startModelServer() {
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const body = text ? JSON.parse(text) : {}
    const path = new URL(request.url, 'http://loopback').pathname
    const reply = routes[path]?.(body)
    if (!reply) {
      response.writeHead(404).end()
    } else if (body.stream) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const event of reply.events) {
        if (event.type) response.write(`event: ${event.type}\n`)
        response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
      }
      response.end()
    } else {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply.json))
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${server.address().port}` }
}

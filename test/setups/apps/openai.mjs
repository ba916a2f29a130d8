// Imports the vendor's client, which its instrumentation sees only with the loader hook.
import http from 'node:http'
import { OpenAI } from 'openai'
import { observe } from './agent.cjs'

const openai = new OpenAI({ baseURL: `${process.env.APP_VENDOR}/v1`, apiKey: 'none', maxRetries: 0 })
const messages = [{ role: 'user', content: 'Hello' }]

const server = http.createServer(async (request, response) => {
  await observe('invoke_agent', request.url.slice(1), async () => {
    for (let step = 0; step < 3; step++) await openai.chat.completions.create({ model: 'gpt-5', messages })
  })
  response.end('Hello')
})
server.listen(Number(process.env.PORT), '127.0.0.1')

// An agent of the Vercel AI SDK behind node:http, as an ES module. Which telemetry it has is the set-up's matter.
import { createServer } from 'node:http'
import { createOpenAI } from '@ai-sdk/openai'
import { OpenTelemetry } from '@ai-sdk/otel'
import { generateText, registerTelemetry } from 'ai'

registerTelemetry(new OpenTelemetry(globalThis.agentTracer ? { tracer: globalThis.agentTracer } : {}))
const model = createOpenAI({ baseURL: process.env.MODEL_URL, apiKey: 'none' }).chat('loopback-model')

const CORS = process.env.CORS_HEADERS && {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': process.env.CORS_HEADERS,
}

createServer(async (request, response) => {
  if (request.method === 'OPTIONS') return response.writeHead(CORS ? 204 : 404, CORS).end()
  const { text } = await generateText({ model, prompt: 'Which trains are there?' })
  const { NEXT_AGENT_URL } = process.env
  if (NEXT_AGENT_URL) await (await fetch(NEXT_AGENT_URL, { method: 'POST' })).text()
  response.end(text)
}).listen(Number(process.env.PORT), '127.0.0.1')

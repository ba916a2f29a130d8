// An agent on dd-trace's LLM Observability SDK behind node:http, as an ES module.
import { createServer } from 'node:http'
import tracer from 'dd-trace'

const { llmobs } = tracer
const body = JSON.stringify({ model: 'loopback-model', messages: [{ role: 'user', content: 'Hello' }] })

createServer((_request, response) => {
  llmobs.trace({ kind: 'agent', name: 'planner' }, async () => {
    await llmobs.trace(
      { kind: 'llm', name: 'ask', modelName: 'loopback-model', modelProvider: 'openai' },
      async () => {
        const answer = await fetch(`${process.env.MODEL_URL}/chat/completions`, { method: 'POST', body })
        llmobs.annotate({ inputData: 'Hello', outputData: await answer.text() })
      },
    )
    response.end('Two, from Lisbon.')
  })
}).listen(Number(process.env.PORT), '127.0.0.1')

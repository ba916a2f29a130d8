import http from 'node:http'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { Mastra } from '@mastra/core'
import { Agent } from '@mastra/core/agent'
import { Observability } from '@mastra/observability'
import { OtelBridge } from '@mastra/otel-bridge'
import { answer, observe } from './agent.cjs'

const shop = new Agent({
  id: 'shop',
  name: 'shop',
  instructions: 'Answer briefly.',
  model: createOpenAICompatible({ name: 'vendor', baseURL: `${process.env.APP_VENDOR}/v1` })('gpt-5'),
})
const mastra = new Mastra({
  agents: { shop },
  logger: false,
  observability: new Observability({
    configs: { default: { serviceName: 'shop', bridge: new OtelBridge() } },
  }),
})

const server = http.createServer(async (request, response) => {
  const expected = request.url.slice(1)
  await observe('invoke_agent', expected, () => mastra.getAgent('shop').generate('Hello'))
  response.end(await answer(expected))
})
server.listen(Number(process.env.PORT), '127.0.0.1')

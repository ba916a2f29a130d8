import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { Mastra } from '@mastra/core'
import { Agent } from '@mastra/core/agent'
import { createTool } from '@mastra/core/tools'
import { Observability } from '@mastra/observability'
import { trace } from '@opentelemetry/api'
import { z } from 'zod'
import { drain } from '../drain.mjs'

/** A Mastra agent with one tool. `observability` is the application's configuration of Mastra's Observability. */
export function mastraScenarios(modelServerUrl, observability) {
  const weather = createTool({
    id: 'weather',
    description: 'Tells the weather in a city',
    inputSchema: z.object({ city: z.string() }),
    execute: async () => ({ weather: 'sunny' }),
  })
  const assistant = new Agent({
    id: 'assistant',
    name: 'assistant',
    instructions: 'Answer briefly.',
    model: createOpenAICompatible({ name: 'loopback', baseURL: `${modelServerUrl}/v1` })('gpt-4o'),
    tools: { weather },
  })
  const mastra = new Mastra({
    agents: { assistant },
    logger: false,
    observability: new Observability({ configs: { default: { serviceName: 'backend', ...observability } } }),
  })
  const agent = mastra.getAgent('assistant')
  const question = 'What is the weather in Paris?'
  const kinds = ['agent', 'llm', 'tool']
  return {
    generate: { kinds, run: () => agent.generate(question, inTrace()) },
    stream: { kinds, run: async () => drain((await agent.stream(question, inTrace())).textStream) },
    'in a thread': {
      kinds,
      own: 'thread-of-the-app',
      run: () => agent.generate(question, inTrace({ threadId: 'thread-of-the-app' })),
    },
  }
}

/** Passes the trace of the request, which Mastra does not know without the bridge. */
function inTrace(metadata) {
  const { traceId, spanId } = trace.getActiveSpan().spanContext()
  return { tracingOptions: { traceId, parentSpanId: spanId, metadata } }
}

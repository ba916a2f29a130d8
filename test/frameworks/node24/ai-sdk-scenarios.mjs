import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { OpenTelemetry } from '@ai-sdk/otel'
import { embed, generateText, registerTelemetry, stepCountIs, streamText, ToolLoopAgent, tool } from 'ai'
import { z } from 'zod'
import { drain } from '../drain.mjs'

/** The functions of the AI SDK that make spans, with a tool call. */
export function aiSdkScenarios(modelServerUrl) {
  registerTelemetry(new OpenTelemetry())
  const provider = createOpenAICompatible({ name: 'loopback', baseURL: `${modelServerUrl}/v1` })
  const tools = {
    weather: tool({
      description: 'Tells the weather in a city',
      inputSchema: z.object({ city: z.string() }),
      execute: async () => 'sunny',
    }),
  }
  const model = provider('gpt-4o')
  const prompt = 'What is the weather in Paris?'
  const call = { model, tools, prompt, stopWhen: stepCountIs(3) }
  const agent = new ToolLoopAgent({ id: 'assistant', model, tools })
  const kinds = ['agent', 'llm', 'tool']
  return {
    generateText: { kinds, run: () => generateText(call) },
    streamText: { kinds, run: () => drain(streamText(call).textStream) },
    'ToolLoopAgent, generate': { kinds, run: () => agent.generate({ prompt }) },
    'ToolLoopAgent, stream': {
      kinds,
      run: async () => drain((await agent.stream({ prompt })).textStream),
    },
    embed: {
      kinds: ['embedding'],
      run: () => embed({ model: provider.embeddingModel('text-embedding-3-small'), value: 'weather' }),
    },
  }
}

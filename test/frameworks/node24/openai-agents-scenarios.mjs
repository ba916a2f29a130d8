import { Agent, OpenAIProvider, Runner, tool } from '@openai/agents'
import { z } from 'zod'
import { drain } from '../drain.mjs'

/** An OpenAI Agents agent with one tool. */
export function openaiAgentsScenarios(modelServerUrl) {
  const weather = tool({
    name: 'weather',
    description: 'Tells the weather in a city',
    parameters: z.object({ city: z.string() }),
    execute: async () => 'sunny',
  })
  const modelProvider = new OpenAIProvider({ baseURL: `${modelServerUrl}/v1`, apiKey: 'none' })
  const runner = new Runner({ modelProvider })
  const agent = new Agent({ name: 'assistant', model: 'gpt-4o', tools: [weather] })
  const question = 'What is the weather in Paris?'
  const kinds = ['agent', 'llm', 'tool']
  return {
    run: { kinds, run: () => runner.run(agent, question) },
    'run, streamed': {
      kinds,
      run: async () => {
        const result = await runner.run(agent, question, { stream: true })
        await drain(result)
        await result.completed
      },
    },
  }
}

import { Agent, tool } from '@strands-agents/sdk'
import { OpenAIModel } from '@strands-agents/sdk/models/openai'
import { z } from 'zod'
import { drain } from '../drain.mjs'

/** A Strands agent with one tool. */
export function strandsScenarios(modelServerUrl) {
  const weather = tool({
    name: 'weather',
    description: 'Tells the weather in a city',
    inputSchema: z.object({ city: z.string() }),
    callback: () => 'sunny',
  })
  const clientConfig = { baseURL: `${modelServerUrl}/v1` }
  const assistant = (config) =>
    new Agent({
      name: 'assistant',
      model: new OpenAIModel({ api: 'chat', modelId: 'gpt-4o', apiKey: 'none', clientConfig }),
      tools: [weather],
      printer: false,
      ...config,
    })
  const question = 'What is the weather in Paris?'
  const own = { traceAttributes: { 'gen_ai.conversation.id': 'conversation-of-the-app' } }
  const kinds = ['agent', 'llm', 'tool']
  return {
    invoke: { kinds, run: () => assistant().invoke(question) },
    stream: { kinds, run: () => drain(assistant().stream(question)) },
    'in a conversation': {
      kinds,
      own: 'conversation-of-the-app',
      run: () => assistant(own).invoke(question),
    },
  }
}

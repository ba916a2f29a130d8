import { tool } from '@langchain/core/tools'
import { createReactAgent } from '@langchain/langgraph/prebuilt'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'
import { drain } from '../drain.mjs'

// By default LangChain runs callbacks in a queue, in the context of the request that started the queue. With two requests
// at once, spans land in the trace of the wrong request, with and without LlmObsSessionSpanProcessor. LangChain reads the
// variable when an instrumentation creates its callback handler.
process.env.LANGCHAIN_CALLBACKS_BACKGROUND = 'false'
export const note = 'with `LANGCHAIN_CALLBACKS_BACKGROUND=false`'

/** A LangGraph agent with one tool. */
export function langGraphScenarios(modelServerUrl) {
  const weather = tool(() => 'sunny', {
    name: 'weather',
    description: 'Tells the weather in a city',
    schema: z.object({ city: z.string() }),
  })
  const agent = createReactAgent({
    name: 'assistant',
    llm: new ChatOpenAI({
      model: 'gpt-4o',
      apiKey: 'none',
      configuration: { baseURL: `${modelServerUrl}/v1` },
    }),
    tools: [weather],
  })
  const input = { messages: [{ role: 'user', content: 'What is the weather in Paris?' }] }
  return {
    invoke: { kinds: ['llm', 'tool', 'workflow'], run: () => agent.invoke(input) },
    stream: { kinds: ['llm', 'tool', 'workflow'], run: async () => drain(await agent.stream(input)) },
    'in a session': {
      kinds: ['llm', 'tool', 'workflow'],
      run: () => agent.invoke(input, { metadata: { session_id: 'session-of-the-app' } }),
    },
  }
}

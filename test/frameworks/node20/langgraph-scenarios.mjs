import { tool } from '@langchain/core/tools'
import { createReactAgent } from '@langchain/langgraph/prebuilt'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'
import { drain } from '../drain.mjs'

// LangChain hands callbacks to a queue of its own unless told otherwise. The queue runs them in the context of
// whichever request started it, so with two requests at once spans land in the wrong request's trace, with or
// without our processor. Read when an instrumentation's callback handler is made.
process.env.LANGCHAIN_CALLBACKS_BACKGROUND = 'false'
export const note = 'with `LANGCHAIN_CALLBACKS_BACKGROUND=false`'

/** A LangGraph agent with one tool, for an instrumentation of @langchain/core. */
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

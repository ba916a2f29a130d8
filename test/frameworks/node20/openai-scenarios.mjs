import { drain } from '../drain.mjs'

/** Chat and Responses, with and without streaming, and embeddings. */
export function openaiScenarios(OpenAI, modelServerUrl) {
  const client = new OpenAI({ baseURL: `${modelServerUrl}/v1`, apiKey: 'none' })
  const chat = { model: 'gpt-4o', messages: [{ role: 'user', content: 'What is the weather in Paris?' }] }
  const response = { model: 'gpt-4o', input: 'What is the weather in Paris?' }
  return {
    chat: { kinds: ['llm'], run: () => client.chat.completions.create(chat) },
    'chat, streamed': {
      kinds: ['llm'],
      run: async () => drain(await client.chat.completions.create({ ...chat, stream: true })),
    },
    responses: { kinds: ['llm'], run: () => client.responses.create(response) },
    'responses, streamed': {
      kinds: ['llm'],
      run: async () => drain(await client.responses.create({ ...response, stream: true })),
    },
    embeddings: {
      kinds: ['embedding'],
      run: () => client.embeddings.create({ model: 'text-embedding-3-small', input: 'weather' }),
    },
  }
}

/** The Responses API with a conversation id of the application. */
export function openaiConversationScenarios(OpenAI, modelServerUrl) {
  const client = new OpenAI({ baseURL: `${modelServerUrl}/v1`, apiKey: 'none' })
  const response = { model: 'gpt-4o', input: 'And tomorrow?', conversation: 'conv_of_the_app' }
  const scenario = { kinds: ['llm'], own: 'conv_of_the_app' }
  return {
    'responses in a conversation': { ...scenario, run: () => client.responses.create(response) },
    'responses in a conversation, streamed': {
      ...scenario,
      run: async () => drain(await client.responses.create({ ...response, stream: true })),
    },
  }
}

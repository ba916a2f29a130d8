import { drain } from '../drain.mjs'

/** Messages, with and without streaming, of Anthropic's SDK. */
export function anthropicScenarios(Anthropic, modelServerUrl) {
  const client = new Anthropic({ baseURL: modelServerUrl, apiKey: 'none' })
  const message = {
    model: 'claude-opus-4-5',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'What is the weather in Paris?' }],
  }
  return {
    messages: { kinds: ['llm'], run: () => client.messages.create(message) },
    'messages, streamed': {
      kinds: ['llm'],
      run: async () => drain(await client.messages.create({ ...message, stream: true })),
    },
  }
}

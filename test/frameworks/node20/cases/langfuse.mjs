import { observeOpenAI } from '@langfuse/openai'
import { LangfuseSpanProcessor } from '@langfuse/otel'
import { propagateAttributes, startActiveObservation } from '@langfuse/tracing'
import OpenAI from 'openai'
import { drain } from '../../drain.mjs'

export const name = 'Langfuse'
export const packages = ['@langfuse/otel', '@langfuse/tracing', '@langfuse/openai']
// LangfuseSpanProcessor needs an exporter. The test reads the spans of the processor after it.
const langfuseExporter = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {} }
export const spanProcessors = [
  new LangfuseSpanProcessor({ publicKey: 'none', secretKey: 'none', exporter: langfuseExporter }),
]

export function scenarios(modelServerUrl) {
  const client = observeOpenAI(new OpenAI({ baseURL: `${modelServerUrl}/v1`, apiKey: 'none' }))
  const chat = { model: 'gpt-4o', messages: [{ role: 'user', content: 'What is the weather in Paris?' }] }
  const tool = () =>
    startActiveObservation('weather', (span) => span.update({ output: 'sunny' }), { asType: 'tool' })
  const agent = (callModel) =>
    startActiveObservation(
      'assistant',
      async () => {
        await callModel()
        await tool()
      },
      { asType: 'agent' },
    )
  const answer = () => client.chat.completions.create(chat)
  return {
    agent: { kinds: ['agent', 'llm', 'tool'], run: () => agent(answer) },
    'agent, streamed': {
      kinds: ['agent', 'llm', 'tool'],
      run: () => agent(async () => drain(await client.chat.completions.create({ ...chat, stream: true }))),
    },
    'agent in a session': {
      kinds: ['agent', 'llm', 'tool'],
      own: 'session-of-the-app',
      run: () => propagateAttributes({ sessionId: 'session-of-the-app' }, () => agent(answer)),
    },
  }
}

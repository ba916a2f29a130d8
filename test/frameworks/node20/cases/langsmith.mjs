import { trace } from '@opentelemetry/api'

export const name = "LangSmith's OpenTelemetry mode"
export const packages = ['langsmith']

export async function scenarios(modelServerUrl) {
  Object.assign(process.env, {
    LANGSMITH_TRACING: 'true',
    LANGSMITH_OTEL_ENABLED: 'true',
    LANGSMITH_API_KEY: 'none',
    LANGSMITH_ENDPOINT: modelServerUrl,
  })
  const { initializeOTEL } = await import('langsmith/experimental/otel/setup')
  initializeOTEL({ globalTracerProvider: trace.getTracerProvider(), skipGlobalContextManagerSetup: true })
  const { Client } = await import('langsmith')
  const { traceable } = await import('langsmith/traceable')
  const { wrapOpenAI } = await import('langsmith/wrappers')
  const { default: OpenAI } = await import('openai')

  const client = new Client()
  const openai = wrapOpenAI(new OpenAI({ baseURL: `${modelServerUrl}/v1`, apiKey: 'none' }), { client })
  const messages = [{ role: 'user', content: 'What is the weather in Paris?' }]
  const weather = traceable(async () => 'sunny', { name: 'weather', run_type: 'tool', client })
  const agent = traceable(
    async () => {
      await openai.chat.completions.create({ model: 'gpt-4o', messages })
      await weather('Paris')
    },
    { name: 'assistant', client },
  )
  // LangSmith ends the spans when it flushes its queue, which may be after the request.
  const flushed = (run) => async () => {
    await run()
    await client.awaitPendingTraceBatches()
  }
  return {
    traceable: { kinds: ['llm', 'tool', 'workflow'], run: flushed(() => agent()) },
  }
}

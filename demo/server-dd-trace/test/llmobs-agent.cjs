// A process on dd-trace's LLM Observability SDK, set up by the environment alone.
const tracer = require('dd-trace').init()
const { llmobs } = tracer

async function main() {
  await llmobs.trace({ kind: 'agent', name: 'planner', sessionId: 'session-1' }, async () => {
    llmobs.annotate({ inputData: 'Where to?', outputData: 'Lisbon' })
    await llmobs.trace(
      { kind: 'llm', name: 'ask', modelName: 'gpt-4o-mini', modelProvider: 'openai' },
      async () => {
        llmobs.annotate({
          inputData: [{ role: 'user', content: 'Where to?' }],
          outputData: [{ role: 'assistant', content: 'Lisbon – of course' }],
          metrics: { inputTokens: 12, outputTokens: 3 },
        })
      },
    )
    await llmobs
      .trace({ kind: 'tool', name: 'book' }, async () => {
        throw new Error('sold out')
      })
      .catch(() => {})
  })
  await llmobs.trace({ kind: 'agent', name: 'nobody' }, async () => {
    llmobs.annotate({ tags: { session_id: 'only a tag' } })
  })
  llmobs.flush()
}

main()

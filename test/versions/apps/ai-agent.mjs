import { stepCountIs, ToolLoopAgent, tool } from 'ai'
import * as mocks from 'ai/test'
import { z } from 'zod'

const MockLanguageModel = mocks.MockLanguageModelV4 ?? mocks.MockLanguageModelV3
const tokens = { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0, text: 1, reasoning: 0 }
const usage = { inputTokens: tokens, outputTokens: tokens }

/** Runs an AI SDK agent: a tool call, then an answer. */
export function runAgent(label) {
  const steps = [
    {
      content: [{ type: 'tool-call', toolCallId: '1', toolName: 'weather', input: '{"city":"Lyon"}' }],
      finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
      usage,
      warnings: [],
    },
    {
      content: [{ type: 'text', text: 'sunny' }],
      finishReason: { unified: 'stop', raw: 'stop' },
      usage,
      warnings: [],
    },
  ]
  const agent = new ToolLoopAgent({
    model: new MockLanguageModel({ modelId: 'mock', doGenerate: async () => steps.shift() }),
    tools: {
      weather: tool({
        description: 'weather of a city',
        inputSchema: z.object({ city: z.string() }),
        execute: async () => 'sunny',
      }),
    },
    stopWhen: stepCountIs(3),
  })
  return agent.generate({ prompt: label })
}

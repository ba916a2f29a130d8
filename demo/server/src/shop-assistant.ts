import { stepCountIs, ToolLoopAgent } from 'ai'
import type { Agent } from './agent.js'
import { chooseModel } from './model.js'
import { assistantScript } from './script.js'
import { instructions, maxSteps, shopTools } from './shop-tools.js'

const loop = new ToolLoopAgent({
  model: chooseModel('shop-model', assistantScript),
  instructions,
  tools: shopTools,
  stopWhen: stepCountIs(maxSteps),
  telemetry: { functionId: 'shop-assistant' },
})

/** The shop's assistant, made with the Vercel AI SDK. */
export const shopAssistant: Agent = {
  async answer(question, signal) {
    const { text } = await loop.generate({ prompt: question, abortSignal: signal })
    return text
  },
  async *stream(question, signal) {
    const { fullStream } = await loop.stream({ prompt: question, abortSignal: signal })
    for await (const part of fullStream) {
      if (part.type === 'text-delta') yield { type: 'text', text: part.text }
      else if (part.type === 'tool-call') yield { type: 'tool', name: part.toolName }
      else if (part.type === 'error') throw part.error
    }
  },
}

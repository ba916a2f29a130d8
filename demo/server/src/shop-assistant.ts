import { stepCountIs, ToolLoopAgent, tool } from 'ai'
import { z } from 'zod'
import type { Agent } from './agent.js'
import { chooseModel } from './model.js'
import { askResearch } from './research-client.js'
import { assistantScript } from './script.js'
import { lookUpOrder } from './shop.js'

const loop = new ToolLoopAgent({
  model: chooseModel('shop-model', assistantScript),
  instructions:
    'You help the customers of an outdoor shop. Look up the order that a question names, ask research about its ' +
    'products, then answer from both in a few sentences.',
  tools: {
    look_up_order: tool({
      description: 'Items, total and arrival day of an order',
      inputSchema: z.object({ orderNumber: z.string().regex(/^\d{4}$/) }),
      execute: ({ orderNumber }) =>
        lookUpOrder(orderNumber) ?? { error: `There is no order ${orderNumber}.` },
    }),
    research: tool({
      description: 'What the field notes say about products, weather and returns',
      inputSchema: z.object({ topic: z.string().max(1000) }),
      execute: ({ topic }, { abortSignal }) => askResearch(topic, abortSignal),
    }),
  },
  stopWhen: stepCountIs(6),
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

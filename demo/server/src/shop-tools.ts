import { tool } from 'ai'
import { z } from 'zod'
import { askResearch } from './research-client.js'
import { lookUpOrder } from './shop.js'

export const instructions =
  'You help the customers of an outdoor shop. Look up the order that a question names, ask research about its ' +
  'products, then answer from both in a few sentences.'

/** More model steps than an answer needs. */
export const maxSteps = 6

export const shopTools = {
  look_up_order: tool({
    description: 'Items, total and arrival day of an order',
    inputSchema: z.object({ orderNumber: z.string().regex(/^\d{4}$/) }),
    execute: ({ orderNumber }) => lookUpOrder(orderNumber),
  }),
  research: tool({
    description: 'What the field notes say about products, weather and returns',
    inputSchema: z.object({ topic: z.string().max(1000) }),
    execute: ({ topic }, { abortSignal }) => askResearch(topic, abortSignal),
  }),
}

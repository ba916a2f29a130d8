import type { OrderStatus } from './shop.js'

export interface ToolResult {
  toolName: string
  output: unknown
  hasFailed: boolean
}

/** What a model does with its turn: call one tool, or answer. */
export type Turn = { toolName: string; input: Record<string, string> } | { text: string }

/** A model's behaviour: from what the user wrote and what the tools returned so far to the next turn. */
export type Script = (userText: string, toolResults: ToolResult[]) => Turn

/** Looks the order up, if the question names one; then asks research about its products; then answers from both. */
export const assistantScript: Script = (question, toolResults) => {
  const orderNumber = /\border\s*#?\s*(\d{4})\b/i.exec(question)?.[1]
  const order = toolResults.find(({ toolName }) => toolName === 'look_up_order')
  if (orderNumber && !order) return { toolName: 'look_up_order', input: { orderNumber } }

  const status = isOrderStatus(order?.output) ? order.output : undefined
  const research = toolResults.find(({ toolName }) => toolName === 'research')
  if (!research) {
    const names = status?.items.map(({ name }) => name).join(', ')
    return { toolName: 'research', input: { topic: names ? `${question} (${names})` : question } }
  }
  return {
    text: [`You asked: “${question}”`, describeOrder(orderNumber, status), describeResearch(research)].join(
      '\n\n',
    ),
  }
}

/** Condenses the notes that stand below the topic in the prompt. */
export const researchScript: Script = (prompt) => {
  const notes = prompt.split('\n').filter((line) => line.startsWith('- '))
  if (notes.length === 0) return { text: 'Our field notes say nothing about this.' }
  return { text: `From our field notes: ${notes.map((note) => note.slice(2)).join(' ')}` }
}

function describeOrder(orderNumber: string | undefined, status: OrderStatus | undefined): string {
  if (!orderNumber) return 'Tell me an order number, such as 1042, and I can say when it arrives.'
  if (!status) return `I found no order ${orderNumber}.`
  const items = status.items.map(
    ({ name, quantity, inStock }) => `${quantity} × ${name}${inStock ? '' : ' (waiting for stock)'}`,
  )
  return `Order ${orderNumber}: ${items.join(', ')}; €${status.total.toFixed(2)} in total. It arrives on ${status.arrives}.`
}

function describeResearch({ output, hasFailed }: ToolResult): string {
  return hasFailed ? 'Our field team could not be asked just now.' : String(output)
}

function isOrderStatus(output: unknown): output is OrderStatus {
  return typeof output === 'object' && output !== null && 'items' in output
}

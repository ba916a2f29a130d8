import { asText, record, records, text } from './json.js'
import type { OutputPart } from './telemetry.js'

/**
 * What a model put out, in its order: thoughts, tool calls, results and text, from the messages of the GenAI
 * conventions, of OpenAI and of Anthropic. Text beside a tool call is no answer yet, so it is `text`. None where the
 * output is an answer and nothing else, which the span's `output` says as well.
 *
 * @example
 * outputParts([{ role: 'assistant', content: 'Let me look', tool_calls: [{ name: 'look', arguments: '{}' }] }])
 * // [{ label: 'text', text: 'Let me look' }, { label: 'tool call', name: 'look', text: '{}' }]
 */
export function outputParts(messages: readonly Record<string, unknown>[]): OutputPart[] {
  const parts = messages.flatMap((message) => messageParts(message)).filter(({ text }) => text !== '')
  if (parts.length === 1 && parts[0]?.label === 'answer') return []
  const isAnswer = parts.every(({ label }) => label !== 'tool call')
  return parts.map((part) => (part.label === 'answer' && !isAnswer ? { ...part, label: 'text' } : part))
}

function messageParts(message: Record<string, unknown>): OutputPart[] {
  const body = message.parts ?? message.content
  const thought = text(message.reasoning_content) ?? text(message.reasoning)
  return [
    ...(thought ? [{ label: 'thought' as const, text: thought }] : []),
    ...(typeof body === 'string' ? [{ label: labelOf(message), text: body }] : records(body).map(partOf)),
    ...records(message.tool_calls).map(toolCall),
  ]
}

const RESULT = /result|response$/
const CALL = /call|tool_use$/

function partOf(part: Record<string, unknown>): OutputPart {
  const type = text(part.type) ?? ''
  if (RESULT.test(type)) {
    return {
      label: 'result',
      ...named(part),
      text: asText(part.response ?? part.result ?? part.content ?? part.output),
    }
  }
  if (CALL.test(type) || (part.name && part.arguments !== undefined)) return toolCall(part)
  return { label: labelOf(part), text: asText(part.content ?? part.text ?? part.thinking ?? part) }
}

function labelOf({ type, role }: Record<string, unknown>): OutputPart['label'] {
  if (role === 'tool') return 'result'
  return /^(reasoning|thinking)/.test(String(type ?? role)) ? 'thought' : 'answer'
}

function toolCall(call: Record<string, unknown>): OutputPart {
  const declared = record(call.function)
  return {
    label: 'tool call',
    ...named(call.name ? call : declared),
    text: asText(call.arguments ?? call.args ?? call.input ?? declared.arguments ?? {}),
  }
}

function named({ name }: Record<string, unknown>): { name?: string } {
  return typeof name === 'string' ? { name } : {}
}

import { isRecord, number, parseJson, record, records, text } from './json.js'
import type { Attributes, Span } from './telemetry.js'

/**
 * What an OTLP span says about its input, output, tokens and model, in the order of precedence of
 * https://docs.datadoghq.com/llm_observability/instrument/otel_instrumentation/#attribute-mapping-reference:
 * a tool's arguments and result, GenAI messages on the span and then on its events, OpenLLMetry's and OpenInference's
 * indexed messages, OpenInference's values, Langfuse's. Messages become `role: content` lines, each further part a line of its own.
 */
export function spanContent(
  attributes: Attributes,
  events: readonly Attributes[] = [],
): Pick<Span, 'input' | 'output' | 'tokens' | 'model'> {
  const carriers = [attributes, ...events]
  const usage = record(parseJson(text(attributes['langfuse.observation.usage_details']) ?? ''))
  const input = firstNumber(
    attributes['gen_ai.usage.input_tokens'],
    attributes['gen_ai.usage.prompt_tokens'],
    attributes['llm.token_count.prompt'],
    usage.input,
  )
  const output = firstNumber(
    attributes['gen_ai.usage.output_tokens'],
    attributes['gen_ai.usage.completion_tokens'],
    attributes['llm.token_count.completion'],
    usage.output,
  )
  return {
    input: direction(carriers, {
      tool: 'gen_ai.tool.call.arguments',
      messages: 'gen_ai.input.messages',
      indexed: ['gen_ai.prompt.', 'llm.input_messages.'],
      values: ['input.value', 'langfuse.observation.input'],
    }),
    output: direction(carriers, {
      tool: 'gen_ai.tool.call.result',
      messages: 'gen_ai.output.messages',
      indexed: ['gen_ai.completion.', 'llm.output_messages.'],
      values: ['output.value', 'langfuse.observation.output'],
    }),
    tokens: input === undefined && output === undefined ? null : { input: input ?? 0, output: output ?? 0 },
    model:
      [
        'gen_ai.response.model',
        'gen_ai.request.model',
        'llm.model_name',
        'embedding.model_name',
        'langfuse.observation.model.name',
      ]
        .map((key) => text(attributes[key]))
        .find(Boolean) ?? null,
  }
}

interface Direction {
  tool: string
  messages: string
  indexed: string[]
  values: string[]
}

function direction(
  carriers: readonly Attributes[],
  { tool, messages, indexed, values }: Direction,
): string | null {
  const [attributes = {}] = carriers
  return (
    readable(attributes[tool]) ??
    carriers.map((carrier) => readable(carrier[messages])).find((value) => value !== null) ??
    indexed.map((prefix) => indexedMessages(attributes, prefix)).find((value) => value !== null) ??
    values.map((key) => readable(attributes[key])).find((value) => value !== null) ??
    null
  )
}

/**
 * Messages, as JSON or parsed, as `role: content` lines; any other text as it is, any other value as JSON.
 *
 * @example
 * readable('[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]') // 'user: Hi'
 */
export function readable(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null
  const parsed = typeof value === 'string' ? parseJson(value) : value
  const messages = isRecord(parsed) ? [parsed] : Array.isArray(parsed) ? parsed : []
  if (messages.length > 0 && messages.every(isMessage)) return messages.map(messageLine).join('\n')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isMessage(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && typeof value.role === 'string' && ('parts' in value || 'content' in value)
}

function messageLine(message: Record<string, unknown>): string {
  const body = message.parts ?? message.content
  const parts = Array.isArray(body) ? records(body).map(partText).join('\n') : (text(body) ?? '')
  const calls = records(message.tool_calls).map(partText)
  const line = [parts, ...calls].filter(Boolean).join('\n')
  return message.role === '' ? line : `${message.role}: ${line}`
}

function partText(part: Record<string, unknown>): string {
  const name = text(part.name)
  if (name) return `${name}(${inline(part.arguments)})`
  return inline(part.content ?? part.text ?? part.response ?? part.result ?? part.output ?? part)
}

function inline(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function indexedMessages(attributes: Attributes, prefix: string): string | null {
  const lines: string[] = []
  for (let index = 0; ; index++) {
    const at = [`${prefix}${index}.`, `${prefix}${index}.message.`].find(
      (start) => attributes[`${start}role`] !== undefined || attributes[`${start}content`] !== undefined,
    )
    if (!at) return lines.length > 0 ? lines.join('\n') : null
    lines.push(`${text(attributes[`${at}role`]) ?? ''}: ${inline(attributes[`${at}content`] ?? '')}`)
  }
}

function firstNumber(...values: unknown[]): number | undefined {
  return values.map(number).find((value) => value !== undefined)
}

import { asText, isRecord, number, parseJson, record, records, text } from './json.js'
import { outputParts } from './output-parts.js'
import type { Attributes, Span } from './telemetry.js'

/**
 * What an OTLP span says about its input, output, tokens, cost and model, in the order of precedence of
 * https://docs.datadoghq.com/llm_observability/instrument/otel_instrumentation/#attribute-mapping-reference:
 * a tool's arguments and result, GenAI messages on the span and then on its events, OpenLLMetry's and OpenInference's
 * indexed messages, OpenInference's values, Langfuse's. Messages become `role: content` lines, each further part a line of its own.
 */
export function spanContent(
  attributes: Attributes,
  events: readonly Attributes[] = [],
): Pick<Span, 'input' | 'output' | 'parts' | 'tokens' | 'cost' | 'model'> {
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
  const outcome = direction(carriers, {
    tool: 'gen_ai.tool.call.result',
    messages: 'gen_ai.output.messages',
    indexed: ['gen_ai.completion.', 'llm.output_messages.'],
    values: ['output.value', 'langfuse.observation.output'],
  })
  return {
    input: readable(
      direction(carriers, {
        tool: 'gen_ai.tool.call.arguments',
        messages: 'gen_ai.input.messages',
        indexed: ['gen_ai.prompt.', 'llm.input_messages.'],
        values: ['input.value', 'langfuse.observation.input'],
      }),
    ),
    output: readable(outcome),
    parts: outputParts(messagesIn(outcome)),
    tokens: input === undefined && output === undefined ? null : { input: input ?? 0, output: output ?? 0 },
    cost:
      firstNumber(
        attributes['gen_ai.usage.cost'],
        attributes['llm.cost.total'],
        attributes['operation.cost'],
        record(parseJson(text(attributes['langfuse.observation.cost_details']) ?? '')).total,
      ) ?? null,
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

/** The first of them that holds anything, as it is. */
function direction(carriers: readonly Attributes[], { tool, messages, indexed, values }: Direction): unknown {
  const [attributes = {}] = carriers
  return [
    attributes[tool],
    ...carriers.map((carrier) => carrier[messages]),
    ...indexed.map((prefix) => indexedMessages(attributes, prefix)),
    ...values.map((key) => attributes[key]),
  ].find((value) => value !== undefined && value !== null && value !== '')
}

/**
 * Messages, as JSON or parsed, as `role: content` lines; any other text as it is, any other value as JSON.
 *
 * @example
 * readable('[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]') // 'user: Hi'
 */
export function readable(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null
  const messages = messagesIn(value)
  return messages.length > 0 ? messages.map(messageLine).join('\n') : asText(value)
}

/** One message, an array of nothing else, or an object's `messages`; none where it is anything else. */
export function messagesIn(value: unknown): Record<string, unknown>[] {
  const parsed = typeof value === 'string' ? parseJson(value) : value
  const held = isRecord(parsed) ? (Array.isArray(parsed.messages) ? parsed.messages : [parsed]) : parsed
  return Array.isArray(held) && held.every(isMessage) ? held : []
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
  if (name) return `${name}(${asText(part.arguments)})`
  return asText(part.content ?? part.text ?? part.response ?? part.result ?? part.output ?? part)
}

/** `<prefix>0.role`, `<prefix>0.message.content` and so on, put together; undefined where there is none. */
function indexedMessages(attributes: Attributes, prefix: string): object[] | undefined {
  const messages: object[] = []
  for (let index = 0; ; index++) {
    const at = [`${prefix}${index}.`, `${prefix}${index}.message.`].find((start) =>
      ['role', 'content', 'tool_calls.0.name', 'tool_calls.0.tool_call.function.name'].some(
        (key) => attributes[start + key] !== undefined,
      ),
    )
    if (!at) return messages.length > 0 ? messages : undefined
    messages.push({
      role: text(attributes[`${at}role`]) ?? '',
      content: asText(attributes[`${at}content`] ?? ''),
      tool_calls: indexedCalls(attributes, `${at}tool_calls.`),
    })
  }
}

function indexedCalls(attributes: Attributes, prefix: string): object[] {
  const calls: object[] = []
  for (let index = 0; ; index++) {
    const at = [`${prefix}${index}.`, `${prefix}${index}.tool_call.function.`].find(
      (start) => attributes[`${start}name`] !== undefined,
    )
    if (!at) return calls
    calls.push({ name: attributes[`${at}name`], arguments: attributes[`${at}arguments`] ?? {} })
  }
}

function firstNumber(...values: unknown[]): number | undefined {
  return values.map(number).find((value) => value !== undefined)
}

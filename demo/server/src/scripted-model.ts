import type { openai } from '@ai-sdk/openai'
import { simulateReadableStream } from 'ai'
import type { Script, ToolResult } from './script.js'

type Model = ReturnType<typeof openai.chat>
type Prompt = Parameters<Model['doGenerate']>[0]['prompt']
type GenerateResult = Awaited<ReturnType<Model['doGenerate']>>
type StreamPart = Awaited<ReturnType<Model['doStream']>>['stream'] extends ReadableStream<infer P> ? P : never

const thinkingMs = Number(process.env.SCRIPTED_THINKING_MS ?? 120)
const wordMs = 15

/**
 * A model of the AI SDK that follows a script: it reads its prompt, really calls tools, and streams word by word. The
 * SDK's own mock keeps every call that it gets, so a server that runs on would fill its memory.
 */
export function scriptedModel(modelId: string, script: Script): Model {
  return {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId,
    supportedUrls: {},
    doGenerate: async ({ prompt }) => {
      await new Promise((resolve) => setTimeout(resolve, thinkingMs))
      return respond(script, prompt)
    },
    doStream: async ({ prompt }) => {
      const { content, finishReason, usage } = respond(script, prompt)
      const parts = content.flatMap((part): StreamPart[] => {
        if (part.type === 'tool-call') return [part]
        if (part.type !== 'text') return []
        const words = part.text
          .split(/(?<=\s)/)
          .map((delta) => ({ type: 'text-delta' as const, id: 'text', delta }))
        return [
          { type: 'text-start' as const, id: 'text' },
          ...words,
          { type: 'text-end' as const, id: 'text' },
        ]
      })
      return {
        stream: simulateReadableStream<StreamPart>({
          chunks: [{ type: 'stream-start', warnings: [] }, ...parts, { type: 'finish', finishReason, usage }],
          initialDelayInMs: thinkingMs,
          chunkDelayInMs: wordMs,
        }),
      }
    },
  }
}

function respond(script: Script, prompt: Prompt): GenerateResult {
  const turn = script(userTextIn(prompt), toolResultsIn(prompt))
  const isAnswer = 'text' in turn
  const output = isAnswer ? turn.text : JSON.stringify(turn.input)
  const [inputTokens, outputTokens] = [countTokens(JSON.stringify(prompt)), countTokens(output)]
  return {
    content: [
      isAnswer
        ? { type: 'text', text: output }
        : { type: 'tool-call', toolCallId: crypto.randomUUID(), toolName: turn.toolName, input: output },
    ],
    finishReason: { unified: isAnswer ? 'stop' : 'tool-calls', raw: undefined },
    usage: {
      inputTokens: { total: inputTokens, noCache: inputTokens, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: outputTokens, text: outputTokens, reasoning: undefined },
    },
    warnings: [],
  }
}

function userTextIn(prompt: Prompt): string {
  const message = prompt.findLast(({ role }) => role === 'user')
  if (message?.role !== 'user') return ''
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function toolResultsIn(prompt: Prompt): ToolResult[] {
  return prompt.flatMap((message) => {
    if (message.role !== 'tool') return []
    return message.content.flatMap((part) =>
      part.type === 'tool-result' && 'value' in part.output
        ? [
            {
              toolName: part.toolName,
              output: part.output.value,
              hasFailed: part.output.type.startsWith('error'),
            },
          ]
        : [],
    )
  })
}

/** A model's tokens are about four characters long. */
function countTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

import type { ModelMessage, ToolSet } from 'ai'
import tracer from 'dd-trace'
import type { Agent, AnswerPart } from '../../server/src/agent.js'
import { chooseModel } from '../../server/src/model.js'
import { assistantScript } from '../../server/src/script.js'
import { instructions, maxSteps, shopTools } from '../../server/src/shop-tools.js'
import { runModelStep } from './model-step.js'

type Execute = (input: unknown, options: { abortSignal: AbortSignal }) => unknown

interface ToolCall {
  toolCallId: string
  toolName: string
  input: unknown
}

const { llmobs } = tracer
const model = chooseModel('shop-model', assistantScript)

/** The model is told about the tools; running them is this file's part. */
const tools = Object.fromEntries(
  Object.entries(shopTools).map(([name, declaration]) => [name, { ...declaration, execute: undefined }]),
) as ToolSet

/** The shop's assistant, made with dd-trace's LLMObs SDK. */
export const shopAssistant: Agent = {
  answer: (question, signal) => run(question, signal, () => {}),
  async *stream(question, signal) {
    const { readable, writable } = new TransformStream<AnswerPart>()
    const writer = writable.getWriter()
    run(question, signal, (part) => void writer.write(part).catch(() => {}))
      .then(() => writer.close())
      .catch((error) => writer.abort(error))
    yield* readable
  },
}

function run(question: string, signal: AbortSignal, onPart: (part: AnswerPart) => void): Promise<string> {
  return llmobs.trace({ kind: 'agent', name: 'shop-assistant' }, async () => {
    llmobs.annotate({ inputData: question })
    const messages: ModelMessage[] = [{ role: 'user', content: question }]
    const onText = (text: string) => onPart({ type: 'text', text })
    for (let step = 0; step < maxSteps; step++) {
      const turn = await runModelStep({ model, instructions, messages, tools, signal, onText })
      if (turn.toolCalls.length === 0) {
        llmobs.annotate({ outputData: turn.text })
        return turn.text
      }
      messages.push(...turn.messages)
      for (const call of turn.toolCalls) {
        onPart({ type: 'tool', name: call.toolName })
        messages.push(await runTool(call, signal))
      }
    }
    throw new Error(`no answer after ${maxSteps} steps`)
  })
}

async function runTool(
  { toolCallId, toolName, input }: ToolCall,
  signal: AbortSignal,
): Promise<ModelMessage> {
  const output = await llmobs
    .trace({ kind: 'tool', name: toolName }, async () => {
      const execute = shopTools[toolName as keyof typeof shopTools].execute as Execute
      const result = await execute(input, { abortSignal: signal })
      llmobs.annotate({ inputData: JSON.stringify(input), outputData: JSON.stringify(result) })
      return { type: 'json' as const, value: result as never }
    })
    .catch((error) => ({ type: 'error-text' as const, value: String(error) }))
  return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] }
}

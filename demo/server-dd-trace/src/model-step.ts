import { type ModelMessage, streamText, type ToolSet } from 'ai'
import tracer from 'dd-trace'
import type { chooseModel } from '../../server/src/model.js'

const { llmobs } = tracer

export interface ModelStep {
  model: ReturnType<typeof chooseModel>
  instructions: string
  messages: ModelMessage[]
  tools?: ToolSet
  signal?: AbortSignal
  onText?: (text: string) => void
}

/** One call of the model, as one LLM span. The AI SDK's own telemetry is off: the spans here are the LLMObs SDK's. */
export function runModelStep({ onText, signal, ...call }: ModelStep) {
  const { modelId, provider } = call.model
  return llmobs.trace(
    { kind: 'llm', name: 'chat', modelName: modelId, modelProvider: provider },
    async () => {
      let failure: unknown
      const result = streamText({
        ...call,
        telemetry: { isEnabled: false },
        // The stream ends as if nothing had happened, and its promises do not say why they fail.
        onError: ({ error }) => {
          failure = error
        },
        ...(signal && { abortSignal: signal }),
      })
      for await (const text of result.textStream) onText?.(text)
      if (failure) throw failure
      const [text, toolCalls, usage, response] = await Promise.all([
        result.text,
        result.toolCalls,
        result.usage,
        result.response,
      ])
      llmobs.annotate({
        inputData: call.messages.map(({ role, content }) => ({ role, content: asText(content) })),
        outputData: {
          role: 'assistant',
          content: text,
          toolCalls: toolCalls.map(({ toolName, toolCallId, input }) => ({
            name: toolName,
            toolId: toolCallId,
            arguments: input as Record<string, unknown>,
          })),
        },
        metrics: { inputTokens: usage.inputTokens ?? 0, outputTokens: usage.outputTokens ?? 0 },
      })
      return { text, toolCalls, messages: response.messages }
    },
  )
}

function asText(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content)
}

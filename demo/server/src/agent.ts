/** One step of an answer, as the page receives it. */
export type AnswerPart = { type: 'tool'; name: string } | { type: 'text'; text: string }

export interface Agent {
  /** The whole answer. Rejects when a model or tool fails, or when `signal` is aborted. */
  answer(question: string, signal: AbortSignal): Promise<string>
  /** The answer as it is made. Throws as `answer` rejects. */
  stream(question: string, signal: AbortSignal): AsyncIterable<AnswerPart>
}

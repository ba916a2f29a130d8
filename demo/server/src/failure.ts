import { APICallError, RetryError } from 'ai'
import { z } from 'zod'

interface Failure {
  status: number
  /** For the person who asked: what it is, and none of the details. */
  message: string
}

/** What an error of a route, of the agent or of its model is to the page. */
export function failureOf(error: unknown): Failure {
  if (RetryError.isInstance(error)) return failureOf(error.lastError)
  if (APICallError.isInstance(error)) return modelFailure(error.statusCode)
  if (error instanceof z.ZodError) return { status: 400, message: limits }
  // What express says of a body that it does not take.
  const { expose, statusCode } = error as { expose?: boolean; statusCode?: number }
  if (expose && statusCode) return { status: statusCode, message: limits }
  return { status: 500, message: 'The assistant could not answer. Please try again.' }
}

const limits = 'Ask a question of 1 to 500 characters.'

/** The status of the model's API is not the shop's: to the page, the shop is there and its model is not. */
function modelFailure(status: number | undefined): Failure {
  if (status === undefined) return { status: 502, message: 'The model’s API cannot be reached.' }
  return {
    status: 502,
    message: `The model’s API answered ${status}: ${modelAnswers[status] ?? 'it failed'}.`,
  }
}

const modelAnswers: Record<number, string> = {
  401: 'it does not accept the key. Check OPENAI_API_KEY',
  403: 'the key may not use this model. Check OPENAI_API_KEY and OPENAI_MODEL',
  404: 'it does not know the model. Check OPENAI_MODEL and OPENAI_BASE_URL',
  429: 'its rate limit or quota is used up. Try again later',
}

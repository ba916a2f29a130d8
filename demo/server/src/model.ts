import { openai } from '@ai-sdk/openai'
import type { Script } from './script.js'
import { scriptedModel } from './scripted-model.js'

/**
 * The model to run: OpenAI's when OPENAI_API_KEY is set (OPENAI_BASE_URL and OPENAI_MODEL are honoured), otherwise
 * one that follows the script, so that the demo needs no account.
 */
export function chooseModel(scriptedModelId: string, script: Script): ReturnType<typeof openai.chat> {
  if (!process.env.OPENAI_API_KEY) return scriptedModel(scriptedModelId, script)
  return openai.chat(process.env.OPENAI_MODEL ?? 'gpt-4.1-mini')
}

import { OpenAIInstrumentation } from '@traceloop/instrumentation-openai'
import OpenAI from 'openai'
import { openaiScenarios } from '../openai-scenarios.mjs'

export const name = 'Traceloop, OpenAI'
export const packages = ['@traceloop/instrumentation-openai', 'openai']
const instrumentation = new OpenAIInstrumentation()
export const instrumentations = [instrumentation]

export function scenarios(modelServerUrl) {
  instrumentation.manuallyInstrument(OpenAI)
  // The instrumentation makes no spans for embeddings.
  const { embeddings: _, ...scenarios } = openaiScenarios(OpenAI, modelServerUrl)
  return scenarios
}

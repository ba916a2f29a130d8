import { createRequire } from 'node:module'
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai'
import { openaiConversationScenarios, openaiScenarios } from '../openai-scenarios.mjs'

export const name = 'OpenTelemetry, OpenAI 4'
export const packages = ['@opentelemetry/instrumentation-openai', 'openai-4/node_modules/openai']
export const instrumentations = [new OpenAIInstrumentation()]

export function scenarios(modelServerUrl) {
  // Required after the SDK has started: the instrumentation patches it at require.
  const OpenAI = createRequire(import.meta.resolve('openai-4/package.json'))('openai')
  return {
    ...openaiScenarios(OpenAI, modelServerUrl),
    ...openaiConversationScenarios(OpenAI, modelServerUrl),
  }
}

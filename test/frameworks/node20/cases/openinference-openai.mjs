import { setSession } from '@arizeai/openinference-core'
import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai'
import { context } from '@opentelemetry/api'
import OpenAI from 'openai'
import { openaiScenarios } from '../openai-scenarios.mjs'

export const name = 'OpenInference, OpenAI'
export const packages = ['@arizeai/openinference-instrumentation-openai', 'openai']
const instrumentation = new OpenAIInstrumentation()
export const instrumentations = [instrumentation]

export function scenarios(modelServerUrl) {
  instrumentation.manuallyInstrument(OpenAI)
  const scenarios = openaiScenarios(OpenAI, modelServerUrl)
  const inSession = () => setSession(context.active(), { sessionId: 'session-of-the-app' })
  return {
    ...scenarios,
    'chat in a session': {
      kinds: ['llm'],
      own: 'session-of-the-app',
      run: () => context.with(inSession(), scenarios.chat.run),
    },
  }
}

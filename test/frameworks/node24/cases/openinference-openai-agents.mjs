import { OpenAIAgentsInstrumentation } from '@arizeai/openinference-instrumentation-openai-agents'
import * as agents from '@openai/agents'
import { openaiAgentsScenarios } from '../openai-agents-scenarios.mjs'

export const name = 'OpenInference, OpenAI Agents'
export const packages = ['@arizeai/openinference-instrumentation-openai-agents', '@openai/agents']

export function scenarios(modelServerUrl) {
  new OpenAIAgentsInstrumentation().manuallyInstrument(agents)
  return openaiAgentsScenarios(modelServerUrl)
}

import { openaiAgentsScenarios } from '../openai-agents-scenarios.mjs'

export const name = 'OpenAI Agents alone'
export const packages = ['@openai/agents']
export const note = 'makes no OpenTelemetry spans'

export function scenarios(modelServerUrl) {
  const { run } = openaiAgentsScenarios(modelServerUrl)
  return { run: { ...run, kinds: [] } }
}

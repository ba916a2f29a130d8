import Anthropic from '@anthropic-ai/sdk'
import { AnthropicInstrumentation } from '@arizeai/openinference-instrumentation-anthropic'
import { anthropicScenarios } from '../anthropic-scenarios.mjs'

export const name = 'OpenInference, Anthropic'
export const packages = ['@arizeai/openinference-instrumentation-anthropic', '@anthropic-ai/sdk']
const instrumentation = new AnthropicInstrumentation()
export const instrumentations = [instrumentation]

export function scenarios(modelServerUrl) {
  instrumentation.manuallyInstrument(Anthropic)
  return anthropicScenarios(Anthropic, modelServerUrl)
}

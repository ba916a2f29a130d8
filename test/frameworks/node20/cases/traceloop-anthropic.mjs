import { AnthropicInstrumentation } from '@traceloop/instrumentation-anthropic'
// The instrumentation patches text completions, which version 1 of the SDK has dropped.
import * as anthropic from 'anthropic-sdk-0'
import { anthropicScenarios } from '../anthropic-scenarios.mjs'

export const name = 'Traceloop, Anthropic'
export const packages = ['@traceloop/instrumentation-anthropic', 'anthropic-sdk-0']
const instrumentation = new AnthropicInstrumentation()
export const instrumentations = [instrumentation]

export function scenarios(modelServerUrl) {
  instrumentation.manuallyInstrument(anthropic)
  return anthropicScenarios(anthropic.Anthropic, modelServerUrl)
}

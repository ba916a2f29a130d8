import Anthropic from '@anthropic-ai/sdk'
import { anthropicScenarios } from '../anthropic-scenarios.mjs'

export const name = "Anthropic SDK's own spans"
export const packages = ['@anthropic-ai/sdk']

export function scenarios(modelServerUrl) {
  return anthropicScenarios(Anthropic, modelServerUrl)
}

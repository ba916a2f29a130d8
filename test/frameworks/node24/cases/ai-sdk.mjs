import { aiSdkScenarios } from '../ai-sdk-scenarios.mjs'

export const name = 'Vercel AI SDK'
export const packages = ['ai', '@ai-sdk/otel']
export const scenarios = aiSdkScenarios

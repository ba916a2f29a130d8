import { OtelBridge } from '@mastra/otel-bridge'
import { mastraScenarios } from '../mastra-scenarios.mjs'

export const name = 'Mastra with OtelBridge'
export const packages = ['@mastra/core', '@mastra/observability', '@mastra/otel-bridge']

export function scenarios(modelServerUrl) {
  return mastraScenarios(modelServerUrl, { bridge: new OtelBridge() })
}

import { exporter, mastraExporterScenarios } from '../mastra-exporter-scenarios.mjs'

export const name = 'Mastra with OtelExporter'
export const packages = ['@mastra/core', '@mastra/observability', '@mastra/otel-exporter']
export const note = 'passes no span processor'
export { exporter }

export function scenarios(modelServerUrl) {
  const { generate, stream } = mastraExporterScenarios(modelServerUrl, {})
  return { generate: { ...generate, bypasses: true }, stream: { ...stream, bypasses: true } }
}

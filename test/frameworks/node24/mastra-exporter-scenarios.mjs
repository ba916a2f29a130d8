import { OtelExporter } from '@mastra/otel-exporter'
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base'
import { mastraScenarios } from './mastra-scenarios.mjs'

/** Receives the spans of Mastra's exporter, which pass no span processor. */
export const exporter = new InMemorySpanExporter()

/** The Mastra scenarios with OtelExporter in place of the bridge. */
export function mastraExporterScenarios(modelServerUrl, observability) {
  const otel = new OtelExporter({
    exporter,
    provider: { custom: { endpoint: modelServerUrl } },
    signals: { logs: false },
  })
  const scenarios = mastraScenarios(modelServerUrl, { ...observability, exporters: [otel] })
  for (const scenario of Object.values(scenarios)) {
    const { run } = scenario
    scenario.run = async () => {
      await run()
      await otel.flush()
    }
  }
  return scenarios
}

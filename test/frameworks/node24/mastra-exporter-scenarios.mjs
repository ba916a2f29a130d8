import { OtelExporter } from '@mastra/otel-exporter'
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base'
import { mastraScenarios } from './mastra-scenarios.mjs'

/** Where Mastra's exporter puts its spans, beside every span processor. */
export const exporter = new InMemorySpanExporter()

/** The Mastra scenarios without the bridge: Mastra exports by itself. */
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

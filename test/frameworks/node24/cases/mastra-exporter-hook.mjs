import { propagation } from '@opentelemetry/api'
import { exporter, mastraExporterScenarios } from '../mastra-exporter-scenarios.mjs'

export const name = 'Mastra with OtelExporter and a hook'
export const packages = ['@mastra/core', '@mastra/observability', '@mastra/otel-exporter']
export const note = '`spanOutputProcessors`'
export { exporter }

const sessionFromBaggage = {
  name: 'session-from-baggage',
  process(span) {
    const session = propagation.getActiveBaggage()?.getEntry('session.id')?.value
    // OtelExporter exports metadata.threadId as gen_ai.conversation.id.
    if (span && session && /^[A-Za-z0-9_-]{1,128}$/.test(session)) {
      span.metadata = { ...span.metadata, threadId: span.metadata?.threadId ?? session }
    }
    return span
  },
  shutdown: async () => {},
}

export function scenarios(modelServerUrl) {
  const scenarios = mastraExporterScenarios(modelServerUrl, { spanOutputProcessors: [sessionFromBaggage] })
  for (const scenario of Object.values(scenarios)) scenario.attributes = ['gen_ai.conversation.id']
  return scenarios
}

import { OpenInferenceSimpleSpanProcessor } from '@arizeai/openinference-vercel'
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base'
import { aiSdkScenarios } from '../ai-sdk-scenarios.mjs'

export const name = 'OpenInference, Vercel AI SDK'
export const packages = ['@arizeai/openinference-vercel', 'ai', '@ai-sdk/otel']
// It turns GenAI spans into OpenInference ones on their way to its own exporter.
export const exporter = new InMemorySpanExporter()
export const spanProcessors = [new OpenInferenceSimpleSpanProcessor({ exporter })]
export const scenarios = aiSdkScenarios

import { OpenInferenceSimpleSpanProcessor } from '@arizeai/openinference-vercel'
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base'
import { aiSdkScenarios } from '../ai-sdk-scenarios.mjs'

export const name = 'OpenInference, Vercel AI SDK'
export const packages = ['@arizeai/openinference-vercel', 'ai', '@ai-sdk/otel']
// The processor converts GenAI spans to OpenInference ones, and passes them to its exporter only.
export const exporter = new InMemorySpanExporter()
export const spanProcessors = [new OpenInferenceSimpleSpanProcessor({ exporter })]
export const scenarios = aiSdkScenarios

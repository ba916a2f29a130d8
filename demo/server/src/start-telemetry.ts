import { register } from 'node:module'
import { OpenTelemetry } from '@ai-sdk/otel'
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node'
import { registerTelemetry } from 'ai'

/** Starts OpenTelemetry with everything that the agent's server uses instrumented: http, express, fetch, the AI SDK. */
export function startTelemetry(
  configuration: Partial<Pick<NodeSDKConfiguration, 'spanProcessors' | 'textMapPropagator'>> = {},
): NodeSDK {
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)
  const sdk = new NodeSDK({
    ...configuration,
    instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation(), new UndiciInstrumentation()],
  })
  sdk.start()
  registerTelemetry(new OpenTelemetry({ agentSpanName: 'functionId' }))
  return sdk
}

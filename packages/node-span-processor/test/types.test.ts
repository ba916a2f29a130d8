import assert from 'node:assert/strict'
import type { TextMapPropagator } from '@opentelemetry/api'
import { W3CBaggagePropagator } from '@opentelemetry/core'
import { NodeSDK, type tracing } from '@opentelemetry/sdk-node'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base'
import {
  FirstPartyBaggagePropagator,
  type FirstPartyBaggagePropagatorConfig,
  LlmObsSessionSpanProcessor,
  type LlmObsSessionSpanProcessorConfig,
} from '../src/index.js'

// The compiler checks this file.
const processor = new LlmObsSessionSpanProcessor() satisfies SpanProcessor satisfies tracing.SpanProcessor
const propagator = new FirstPartyBaggagePropagator({
  propagator: new W3CBaggagePropagator(),
  allowedHosts: ['api.example.com', /\.example\.org$/],
  whenHostUnknown: 'forward',
}) satisfies TextMapPropagator

const onReadableSpan = (span: ReadableSpan): boolean => span.attributes['app.area'] === 'chat'
const configs: LlmObsSessionSpanProcessorConfig[] = [
  {},
  { spans: 'llmobs', conversationId: 'when-absent', isValidSessionId: (value: string) => value !== '' },
  { spans: 'agent', conversationId: 'always' },
  { spans: 'all', conversationId: 'never' },
  { spans: (span) => span.name.startsWith('chat') && span.attributes['app.area'] === 'chat' },
  { spans: onReadableSpan },
]

// @ts-expect-error an unknown scope
const unknownScope: LlmObsSessionSpanProcessorConfig = { spans: 'agents' }
// @ts-expect-error an unknown policy
const unknownPolicy: LlmObsSessionSpanProcessorConfig = { conversationId: 'sometimes' }
// @ts-expect-error the wrapped propagator is required
const withoutPropagator: FirstPartyBaggagePropagatorConfig = {}

describe('types of the package', () => {
  it('are accepted by NodeSDK', () => {
    assert.doesNotThrow(() => new NodeSDK({ spanProcessors: [processor], textMapPropagator: propagator }))
  })
  it('accept and refuse the same configurations as the constructors', () => {
    for (const config of configs) assert.doesNotThrow(() => new LlmObsSessionSpanProcessor(config))
    for (const config of [unknownScope, unknownPolicy]) {
      assert.throws(() => new LlmObsSessionSpanProcessor(config), TypeError)
    }
    assert.throws(() => new FirstPartyBaggagePropagator(withoutPropagator), TypeError)
  })
})

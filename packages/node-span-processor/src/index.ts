export {
  FirstPartyBaggagePropagator,
  type FirstPartyBaggagePropagatorConfig,
} from './first-party-baggage-propagator.js'
export {
  LlmObsSessionSpanProcessor,
  type LlmObsSessionSpanProcessorConfig,
  type SpanPredicate,
  type StartedSpan,
} from './llmobs-session-span-processor.js'
export { SESSION_BAGGAGE_KEY } from './session-from-baggage.js'

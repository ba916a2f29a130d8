export { type DatadogRum, datadogRumSessionProvider } from './datadog-rum.js'
export type { UrlMatcher } from './request-url.js'
export {
  SessionBaggagePropagator,
  type SessionBaggagePropagatorConfig,
} from './session-baggage-propagator.js'
export { SESSION_BAGGAGE_KEY, type SessionProvider } from './session-provider.js'

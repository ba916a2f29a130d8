// Compile-only: code that must type-check in an application, and code that must not.
import { datadogRum } from '@datadog/browser-rum'
import { propagation, type TextMapPropagator } from '@opentelemetry/api'
import { CompositePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { WebTracerProvider } from '@opentelemetry/sdk-trace-web'
import type { SessionProvider as OpenTelemetrySessionProvider } from '@opentelemetry/web-common'
import { datadogRum as datadogRum5 } from 'browser-rum-5'
import { datadogRum as datadogRum6 } from 'browser-rum-6'
import {
  type DatadogRum,
  datadogRumSessionProvider,
  SESSION_BAGGAGE_KEY,
  SessionBaggagePropagator,
  type SessionBaggagePropagatorConfig,
  type SessionProvider,
  type UrlMatcher,
} from '../src/index.js'

export const key: 'session.id' = SESSION_BAGGAGE_KEY

export const propagator: TextMapPropagator = new SessionBaggagePropagator()

new WebTracerProvider().register({
  propagator: new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new SessionBaggagePropagator()],
  }),
})
propagation.setGlobalPropagator(new SessionBaggagePropagator({}))

declare const openTelemetrySessions: OpenTelemetrySessionProvider
export const sessions: SessionProvider = openTelemetrySessions
new SessionBaggagePropagator({ sessionProvider: openTelemetrySessions })
new SessionBaggagePropagator({ sessionProvider: { getSessionId: () => undefined } })

export const sdks: DatadogRum[] = [datadogRum, datadogRum6, datadogRum5]
export const provider: SessionProvider = datadogRumSessionProvider(datadogRum)

export const matchers: UrlMatcher[] = ['https://api.example.com', /^https:/, (url: URL) => url.port === '']
export const config: SessionBaggagePropagatorConfig = { allowedUrls: matchers, whenUrlUnknown: 'inject' }

// @ts-expect-error an unknown policy
new SessionBaggagePropagator({ whenUrlUnknown: 'always' })
// @ts-expect-error one matcher that is not in an array
new SessionBaggagePropagator({ allowedUrls: 'https://api.example.com' })
// @ts-expect-error a provider must answer at once
new SessionBaggagePropagator({ sessionProvider: { getSessionId: async () => 'abc' } })
// @ts-expect-error a matcher must answer at once
new SessionBaggagePropagator({ allowedUrls: [async () => true] })

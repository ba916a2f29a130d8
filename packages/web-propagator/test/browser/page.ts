// Runs in the browser: RUM and OpenTelemetry, configured by the query of the URL.
import { datadogRum } from '@datadog/browser-rum'
import { context, propagation } from '@opentelemetry/api'
import { CompositePropagator, suppressTracing, W3CTraceContextPropagator } from '@opentelemetry/core'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { FetchInstrumentation } from '@opentelemetry/instrumentation-fetch'
import { XMLHttpRequestInstrumentation } from '@opentelemetry/instrumentation-xml-http-request'
import { AlwaysOffSampler, AlwaysOnSampler, WebTracerProvider } from '@opentelemetry/sdk-trace-web'
import { SessionBaggagePropagator } from '../../src/index.js'

/** Configuration of the page. */
export interface PageSetup {
  sessionSampleRate?: number
  trackingConsent?: 'granted' | 'not-granted'
  sampled?: boolean
  allowedUrls?: string[]
  whenUrlUnknown?: 'skip' | 'inject'
}

/** The headers that the server received, which it returns. */
export interface Echo {
  baggage: string | null
  traceparent: string | null
}

const setup = JSON.parse(decodeURIComponent(location.search.slice(1)) || '{}') as PageSetup

datadogRum.init({
  applicationId: '00000000-0000-4000-8000-000000000001',
  clientToken: 'pub00000000000000000000000000000000',
  site: 'datadoghq.com',
  service: 'propagation',
  proxy: `${location.origin}/rum`,
  sessionSampleRate: setup.sessionSampleRate ?? 100,
  trackingConsent: setup.trackingConsent ?? 'granted',
})

const { allowedUrls, whenUrlUnknown } = setup
new WebTracerProvider({
  sampler: setup.sampled === false ? new AlwaysOffSampler() : new AlwaysOnSampler(),
}).register({
  propagator: new CompositePropagator({
    propagators: [
      new W3CTraceContextPropagator(),
      new SessionBaggagePropagator({
        ...(allowedUrls && { allowedUrls }),
        ...(whenUrlUnknown && { whenUrlUnknown }),
      }),
    ],
  }),
})
const cors = { propagateTraceHeaderCorsUrls: /./ }
registerInstrumentations({
  instrumentations: [new FetchInstrumentation(cors), new XMLHttpRequestInstrumentation(cors)],
})

const echo = (response: Response) => response.json() as Promise<Echo>
const init: RequestInit = { headers: { baggage: 'own=1;p=2' } }
const request = new Request('/echo', init)

/** Actions of the page. None of them handles the session. */
const actions = {
  session: () => datadogRum.getInternalContext()?.session_id,
  stopSession: () => datadogRum.stopSession(),
  fetch: (url: string) => fetch(url).then(echo),
  withHeader: () => fetch('/echo', { headers: { Baggage: 'own=1;p=2' } }).then(echo),
  withInit: (url = '/echo') => fetch(url, init).then(echo),
  withRequest: (url?: string) => fetch(url ? new Request(url, request) : request).then(echo),
  /** Resolves with true if the second copy is in DD_RUM. */
  importSecondRum: async () => {
    const { datadogRum: second } = await import('browser-rum-6')
    const { DD_RUM } = globalThis as { DD_RUM?: unknown }
    return DD_RUM === second && DD_RUM !== (datadogRum as unknown)
  },
  /** Measures how long a header stays in the page's Request, and how long ten timeouts in sequence take. */
  lentFor: async () => {
    const { port1, port2 } = new MessageChannel()
    const nextTask = () =>
      new Promise((resolve) => {
        port1.onmessage = resolve
        port2.postMessage(0)
      })
    let start = performance.now()
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setTimeout(resolve))
    const timersMs = performance.now() - start
    const used = new Request('/echo')
    start = performance.now()
    const response = fetch(used)
    const wasLent = used.headers.has('baggage')
    while (used.headers.has('baggage') && performance.now() - start < 5_000) await nextTask()
    const lentMs = performance.now() - start
    await response
    return { timersMs, lentMs, wasLent }
  },
  stream: async () => {
    const response = await fetch('/stream', { method: 'POST', body: '{}' })
    const text = await new Response(response.body).text()
    return JSON.parse(text.slice(text.lastIndexOf('\n') + 1)) as Echo
  },
  withContext: () => {
    const baggage = propagation.createBaggage({ tenant: { value: 'a b' } })
    return context.with(propagation.setBaggage(context.active(), baggage), () => fetch('/echo').then(echo))
  },
  suppressed: () => context.with(suppressTracing(context.active()), () => fetch('/echo').then(echo)),
  suppressedRequest: () => context.with(suppressTracing(context.active()), () => fetch(request).then(echo)),
  xhr: (baggage?: string) =>
    new Promise<Echo>((resolve, reject) => {
      const request = new XMLHttpRequest()
      request.open('GET', '/echo')
      if (baggage) request.setRequestHeader('baggage', baggage)
      request.responseType = 'json'
      request.onload = () => resolve(request.response as Echo)
      request.onerror = () => reject(new Error('network'))
      request.send()
    }),
}

export type Actions = typeof actions

Object.assign(globalThis, { actions })

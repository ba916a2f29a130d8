// Runs in the browser: a page with RUM and OpenTelemetry. Its query holds the PageSetup.
import type { datadogRum } from '@datadog/browser-rum'
import { DiagLogLevel, diag, propagation, type TextMapPropagator } from '@opentelemetry/api'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { FetchInstrumentation } from '@opentelemetry/instrumentation-fetch'
import { XMLHttpRequestInstrumentation } from '@opentelemetry/instrumentation-xml-http-request'
import { WebTracerProvider } from '@opentelemetry/sdk-trace-web'
import { SessionBaggagePropagator } from '../../packages/web-propagator/src/index.js'
import { actions, type Targets } from './actions.js'

/** Propagators of the page: W3C trace context alone, with W3CBaggagePropagator, with SessionBaggagePropagator. */
export type Propagation = 'traceparent' | 'default' | 'session'

export interface PageSetup {
  propagation: Propagation
  otherOrigin: string
  /** The OpenTelemetry instrumentations propagate to the other origin. */
  propagates?: boolean
  /** The other origin is in allowedUrls. */
  allowed?: boolean
  /** RUM traces the page's origin too, and starts before or after OpenTelemetry. */
  rumTracing?: 'before' | 'after'
  /** The instrumentations ignore the page's origin. */
  ignores?: boolean
  serviceWorker?: boolean
}

export interface Outcome {
  /** `'ok'`, or the name of the error that the application gets. */
  result: string
  /** RUM session at the start and at the end of the action. */
  sessions: (string | undefined)[]
}

declare global {
  interface Window {
    warnings: string[]
    ready: Promise<void>
    act(action: string, targets: Targets): Promise<Outcome>
    currentSession(): string | undefined
    stopSession(): void
  }
}

const setup = JSON.parse(decodeURIComponent(location.search.slice(1))) as PageSetup

const propagators: Record<Propagation, () => TextMapPropagator[]> = {
  traceparent: () => [],
  default: () => [new W3CBaggagePropagator()],
  session: () => [new SessionBaggagePropagator(setup.allowed ? { allowedUrls: [setup.otherOrigin] } : {})],
}

/** Imports RUM late, because its module patches fetch and XMLHttpRequest when it runs. */
async function startRum(): Promise<void> {
  const { datadogRum } = await import('@datadog/browser-rum')
  datadogRum.init({
    applicationId: '00000000-0000-4000-8000-000000000001',
    clientToken: 'pub00000000000000000000000000000000',
    site: 'datadoghq.com',
    service: 'browsers',
    proxy: `${setup.otherOrigin}/rum`,
    sessionSampleRate: 100,
    ...(setup.rumTracing && { allowedTracingUrls: [location.origin] }),
  })
}

function createPropagator(): TextMapPropagator {
  return new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), ...propagators[setup.propagation]()],
  })
}

function startOpenTelemetry(): void {
  new WebTracerProvider().register({ propagator: createPropagator() })
  const config = {
    ...(setup.propagates && { propagateTraceHeaderCorsUrls: /^http:/ }),
    ...(setup.ignores && { ignoreUrls: [new RegExp(`^${location.origin}/`)] }),
  }
  registerInstrumentations({
    instrumentations: [new FetchInstrumentation(config), new XMLHttpRequestInstrumentation(config)],
  })
}

async function serviceWorkerControl(): Promise<void> {
  const controlled = new Promise((resolve) => {
    navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true })
  })
  await navigator.serviceWorker.register('/service-worker.js')
  await controlled
}

window.warnings = []
const ignore = () => {}
const warn = (...message: unknown[]) => window.warnings.push(message.join(' '))
diag.setLogger(
  { verbose: ignore, debug: ignore, info: ignore, warn, error: warn },
  { logLevel: DiagLogLevel.WARN },
)

async function start(): Promise<void> {
  if (setup.rumTracing === 'after') startOpenTelemetry()
  await startRum()
  if (setup.rumTracing !== 'after') startOpenTelemetry()
  if (setup.serviceWorker) await serviceWorkerControl()
}

const rum = () => (globalThis as { DD_RUM?: typeof datadogRum }).DD_RUM
window.currentSession = () => rum()?.getInternalContext()?.session_id
window.stopSession = () => rum()?.stopSession()
window.setUpAgain = () => {
  propagation.disable()
  propagation.setGlobalPropagator(createPropagator())
}
window.ready = start()
window.act = async (action, targets) => {
  const before = window.currentSession()
  const result = await (actions[action] as (targets: Targets) => Promise<unknown>)(targets).then(
    () => 'ok',
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  )
  return { result, sessions: [before, window.currentSession()] }
}

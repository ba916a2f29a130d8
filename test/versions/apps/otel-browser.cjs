// The set-up of a page, without a browser. Reports the headers that SessionBaggagePropagator writes for a client span.
const { context, propagation, SpanKind, trace } = require('@opentelemetry/api')
const { CompositePropagator, W3CTraceContextPropagator } = require('@opentelemetry/core')
const { SessionBaggagePropagator } = require('@rum-llmobs/web-propagator')
const { isOtel3, ...sdk } = require('./otel-line.cjs')

const sessionProvider = { getSessionId: () => process.env.APP_SESSION }
const propagator = new CompositePropagator({
  propagators: [
    new W3CTraceContextPropagator(),
    new SessionBaggagePropagator({ sessionProvider, allowedUrls: ['https://api.example.com'] }),
  ],
})

let provider
if (isOtel3) {
  provider = new sdk.TracerProvider()
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new sdk.StackContextManager().enable())
  propagation.setGlobalPropagator(propagator)
} else {
  const { WebTracerProvider } = require('@opentelemetry/sdk-trace-web')
  provider = new WebTracerProvider()
  provider.register({ propagator })
}

function headersFor(url) {
  const span = trace
    .getTracer('page')
    .startSpan('GET', { kind: SpanKind.CLIENT, attributes: { 'url.full': url } })
  const headers = new Headers({ baggage: 'page=home' })
  const setter = { set: (carrier, key, value) => carrier.set(key, value) }
  context.with(trace.setSpan(context.active(), span), () =>
    propagation.inject(context.active(), headers, setter),
  )
  span.end()
  return Object.fromEntries(headers)
}

process.send({
  port: 0,
  node: process.version,
  firstParty: headersFor('https://api.example.com/chat'),
  thirdParty: headersFor('https://third.example.net/'),
})
process.on('disconnect', () => process.exit())

import { CompositePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { FetchInstrumentation } from '@opentelemetry/instrumentation-fetch'
import { XMLHttpRequestInstrumentation } from '@opentelemetry/instrumentation-xml-http-request'
import { WebTracerProvider } from '@opentelemetry/sdk-trace-web'
import { SessionBaggagePropagator } from '@rum-llmobs/web-propagator'

const provider = new WebTracerProvider()
provider.register({
  propagator: new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new SessionBaggagePropagator()],
  }),
})

registerInstrumentations({
  instrumentations: [new FetchInstrumentation(), new XMLHttpRequestInstrumentation()],
})

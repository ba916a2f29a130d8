// The cost of one inject: ours, OpenTelemetry's W3CBaggagePropagator, and the floor, which sets a constant.
// Each writes the same header. Theirs needs the session in the context; ours takes it from the provider.
import {
  type Context,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api'
import { W3CBaggagePropagator } from '@opentelemetry/core'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { SessionBaggagePropagator } from '../packages/web-propagator/dist/esm/index.js'
import { pairedRounds } from './paired-rounds.js'

const SESSION_ID = '3f0f9f5e-5b0c-4a0e-9d5e-0c8f1c1e2a3b'
const PAGE = 'https://app.example.com'

Object.assign(globalThis, { location: { origin: PAGE, href: `${PAGE}/chat` } })

const span = new BasicTracerProvider().getTracer('bench').startSpan('GET', {
  kind: SpanKind.CLIENT,
  attributes: { 'url.full': `${PAGE}/api/chat` },
})
const request = trace.setSpan(ROOT_CONTEXT, span)

function withEntries(entries: [string, string][]): Context {
  const values = entries.map(([key, value]) => [key, { value }] as const)
  return propagation.setBaggage(request, propagation.createBaggage(Object.fromEntries(values)))
}

const nine = Array.from({ length: 9 }, (_, index): [string, string] => [
  `app.entry${index}`,
  `value ${index}`,
])
const sessionEntry: [string, string] = ['session.id', SESSION_ID]

const ours = new SessionBaggagePropagator({ sessionProvider: { getSessionId: () => SESSION_ID } })
const theirs = new W3CBaggagePropagator()

const members = {
  1: { ours: request, theirs: withEntries([sessionEntry]) },
  10: { ours: withEntries(nine), theirs: withEntries([sessionEntry, ...nine]) },
}
const carriers = {
  'plain object': { create: () => ({}), setter: defaultTextMapSetter },
  Headers: {
    create: () => new Headers(),
    setter: { set: (carrier, name, value) => carrier.set(name, value) } satisfies TextMapSetter<Headers>,
  },
}
/** Of W3CBaggagePropagator's time, for each row: a page does not get faster below it. */
const TARGET = 1

/** Keeps the engine from dropping a carrier that nobody reads. */
export let last: object

const rows = Object.entries(members).flatMap(([count, contexts]) =>
  Object.entries(carriers).map(([kind, { create, setter }]) => {
    // A new carrier each time, as the instrumentations make one for each request; making it is taken off all.
    const onCarrier = (use: (carrier: object) => void) => () => {
      last = create()
      use(last)
    }
    const write = setter as TextMapSetter
    const header = headerOf(contexts.theirs)
    const { making, ...nanoseconds } = pairedRounds({
      rounds: 60,
      iterations: 5_000,
      cases: {
        making: onCarrier(() => {}),
        floor: onCarrier((carrier) => write.set(carrier, 'baggage', header)),
        theirs: onCarrier((carrier) => theirs.inject(contexts.theirs, carrier, write)),
        ours: onCarrier((carrier) => ours.inject(contexts.ours, carrier, write)),
      },
    })
    const floor = nanoseconds.floor - making
    const w3c = nanoseconds.theirs - making
    const session = nanoseconds.ours - making
    return {
      members: count,
      carrier: kind,
      'floor ns': Math.round(floor),
      'W3C ns': Math.round(w3c),
      'ours ns': Math.round(session),
      'ours / W3C': (session / w3c).toFixed(2),
      target: `≤ ${TARGET}`,
      reached: session / w3c <= TARGET,
    }
  }),
)
console.table(rows)
const missed = rows.filter((row) => !row.reached).length
console.log(missed === 0 ? 'All targets reached.' : `${missed} targets missed.`)

function headerOf(context: Context): string {
  const carrier: { baggage?: string } = {}
  theirs.inject(context, carrier, defaultTextMapSetter)
  return carrier.baggage ?? ''
}

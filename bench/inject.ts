// The time of one inject by SessionBaggagePropagator and by W3CBaggagePropagator. The floor sets a constant header.
// All write the same header. W3CBaggagePropagator takes the session from the context, SessionBaggagePropagator from the
// provider.
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

const session = new SessionBaggagePropagator({ sessionProvider: { getSessionId: () => SESSION_ID } })
const w3c = new W3CBaggagePropagator()

const members = {
  1: { session: request, w3c: withEntries([sessionEntry]) },
  10: { session: withEntries(nine), w3c: withEntries([sessionEntry, ...nine]) },
}
const carriers = {
  'plain object': { create: () => ({}), setter: defaultTextMapSetter },
  Headers: {
    create: () => new Headers(),
    setter: { set: (carrier, name, value) => carrier.set(name, value) } satisfies TextMapSetter<Headers>,
  },
}
/** Highest ratio to the time of W3CBaggagePropagator. */
const TARGET = 1

/** Keeps the engine from optimising an unread carrier away. */
export let last: object

const rows = Object.entries(members).flatMap(([count, contexts]) =>
  Object.entries(carriers).map(([kind, { create, setter }]) => {
    // Each call gets a new carrier, as in the instrumentations. The time to create it is subtracted.
    const onCarrier = (use: (carrier: object) => void) => () => {
      last = create()
      use(last)
    }
    const write = setter as TextMapSetter
    const header = headerOf(contexts.w3c)
    const { carrier: creating, ...nanoseconds } = pairedRounds({
      rounds: 60,
      iterations: 5_000,
      cases: {
        carrier: onCarrier(() => {}),
        floor: onCarrier((carrier) => write.set(carrier, 'baggage', header)),
        w3c: onCarrier((carrier) => w3c.inject(contexts.w3c, carrier, write)),
        session: onCarrier((carrier) => session.inject(contexts.session, carrier, write)),
      },
    })
    const ratio = (nanoseconds.session - creating) / (nanoseconds.w3c - creating)
    return {
      members: count,
      carrier: kind,
      'floor ns': Math.round(nanoseconds.floor - creating),
      'W3C ns': Math.round(nanoseconds.w3c - creating),
      'session ns': Math.round(nanoseconds.session - creating),
      'session / W3C': ratio.toFixed(2),
      target: `≤ ${TARGET}`,
      reached: ratio <= TARGET,
    }
  }),
)
console.table(rows)
const missed = rows.filter((row) => !row.reached).length
console.log(missed === 0 ? 'All targets reached.' : `${missed} targets missed.`)

function headerOf(context: Context): string {
  const carrier: { baggage?: string } = {}
  w3c.inject(context, carrier, defaultTextMapSetter)
  return carrier.baggage ?? ''
}

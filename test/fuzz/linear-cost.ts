import { defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT } from '@opentelemetry/api'
import { baggageValues } from '../../packages/node-span-processor/src/baggage-header.js'
import { replaceSession } from '../../packages/node-span-processor/src/dd-trace/outgoing-session.js'
import { FirstPartyBaggagePropagator } from '../../packages/node-span-processor/src/index.js'
import { SessionBaggagePropagator } from '../../packages/web-propagator/src/index.js'
import { contextWith } from './arbitraries.js'

const LENGTH = 100_000
const PARTS = 10
/** Highest ratio of the cost of one long header to the cost of its parts. Linear: 1. Quadratic: PARTS. */
const MAX_GROWTH = 4
const ATTEMPTS = 5
const ROUNDS = 7
/** A round above this is the last one. A linear pass takes a hundredth of it. */
const MAX_ROUND_MICROSECONDS = 1_000_000

/** A header of one repeated piece shows a parser that starts over at each piece. */
const PIECES = [
  ',',
  '=',
  ';',
  ' ',
  '%',
  '%41',
  '%ff',
  'a',
  'a=',
  'a=1,',
  'a;',
  '\t ',
  '=,',
  'a=1;p=1;',
  'a = b ; c , ',
  'session.id=x,',
  'session.id=',
  'session%2Eid=x,',
  'dd=;',
  'dd=t.llmobs_sid:;',
  ',dd=;',
  '"',
  '\\',
  '\xe9',
]

const web = new SessionBaggagePropagator({
  sessionProvider: { getSessionId: () => '0d7a7a1e-9a3b-4c1e-8a39-3f6f3e1d2c4b' },
  whenUrlUnknown: 'inject',
})
const guardOf = (header: string) =>
  new FirstPartyBaggagePropagator({
    propagator: {
      inject: (_, carrier) => Object.assign(carrier as object, { baggage: header }),
      extract: (context) => context,
      fields: () => [],
    },
  })

const OPERATIONS: Record<string, (header: string) => unknown> = {
  'web inject': (header) => web.inject(contextWith({ a: '1' }), { baggage: header }, defaultTextMapSetter),
  'web inject of a long entry': (header) => web.inject(contextWith({ a: header }), {}, defaultTextMapSetter),
  // The last character decides whether the property's value is valid.
  'web inject of long metadata': (header) =>
    web.inject(contextWith({ a: '1' }, `p=${header}"`), {}, defaultTextMapSetter),
  'web extract': (header) => web.extract(ROOT_CONTEXT, { baggage: header }, defaultTextMapGetter),
  'egress strip': (header) => guardOf(header).inject(ROOT_CONTEXT, {}, defaultTextMapSetter),
  'dd-trace header': (header) => baggageValues(header, 'session.id'),
  'dd-trace trace headers': (header) =>
    replaceSession({ 'x-datadog-tags': header, tracestate: `${header}t.llmobs_sid:` }, 'new'),
}

export interface Growth {
  operation: string
  piece: string
  /** Processor time for one header of 100 kB, divided by that for ten headers of 10 kB. */
  ratio: number
  linear: boolean
}

/**
 * Measures how the time of each operation grows with the header. Takes the least processor time of several rounds, and
 * repeats when the ratio is too high, because other work on the machine can only add to a round.
 */
export function measureGrowth(): Growth[] {
  return Object.entries(OPERATIONS).flatMap(([operation, call]) =>
    PIECES.map((piece) => {
      const long = piece.repeat(Math.ceil(LENGTH / piece.length)).slice(0, LENGTH)
      const part = long.slice(0, LENGTH / PARTS)
      let ratio = Number.POSITIVE_INFINITY
      for (let attempt = 0; attempt < ATTEMPTS && ratio > MAX_GROWTH; attempt++) {
        const parts = leastTime(() => {
          for (let index = 0; index < PARTS; index++) call(uncached(part))
        })
        ratio = Math.min(ratio, leastTime(() => call(uncached(long))) / parts)
      }
      return { operation, piece, ratio, linear: ratio <= MAX_GROWTH }
    }),
  )
}

let calls = 0

/** Makes the header unique, so that no cache holds it. */
function uncached(header: string): string {
  return `${header}${++calls}`
}

function leastTime(call: () => unknown): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage()
    call()
    const { user, system } = process.cpuUsage(start)
    least = Math.min(least, user + system)
    if (user > MAX_ROUND_MICROSECONDS) break
  }
  // cpuUsage has a resolution of one microsecond.
  return Math.max(least, 1)
}

/**
 * What it costs to take the session from the HTTP request: per request, beside the same request that nobody follows;
 * and per promise, where AsyncLocalStorage was not in use before (it slows promises below Node 24).
 *
 * ```sh
 * npx tsx bench/request-session.ts
 * ```
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { RequestSession } from '../packages/node-span-processor/dist/esm/request-session.js'
import { pairedRounds } from './paired-rounds.js'

const BAGGAGE = 'tenant=acme,session.id=f2a1c3d4-0000-4000-8000-00000000000a'
const TARGET_NS = 1_000
const PROMISES = 20_000
const start = channel('http.server.request.start')
const requests = RequestSession.ofProcess()

/** One request as far as the subscriber looks at it, with the events that Node emits for it. */
function serve(baggage: string | undefined, isFollowed: boolean): void {
  const request = Object.assign(new EventEmitter(), { headers: { host: 'localhost', baggage } })
  const response = new EventEmitter()
  if (isFollowed) start.publish({ request, response })
  for (const event of ['readable', 'end', 'close']) request.emit(event)
  for (const event of ['prefinish', 'finish', 'close']) response.emit(event)
}

/** The promises of a process in nanoseconds each, with and without a request that is followed. */
async function promiseCosts(): Promise<{ without: number; with: number }> {
  const samples = { without: [] as number[], with: [] as number[] }
  const time = async () => {
    const began = process.hrtime.bigint()
    for (let i = 0; i < PROMISES; i++) await undefined
    return Number(process.hrtime.bigint() - began) / PROMISES
  }
  for (let round = 0; round < 60; round++) {
    samples.without.push(await time())
    const stop = requests.use()
    serve(BAGGAGE, true)
    samples.with.push(await time())
    stop()
  }
  const middle = (times: number[]) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN
  return { without: middle(samples.without), with: middle(samples.with) }
}

const promise = await promiseCosts()

// An application with OpenTelemetry or dd-trace uses AsyncLocalStorage already.
new AsyncLocalStorage().enterWith({})
requests.use()
const inResource =
  (...args: Parameters<typeof serve>): (() => void) =>
  () =>
    new AsyncResource('request').runInAsyncScope(serve, undefined, ...args)
const median = pairedRounds({
  rounds: 1_000,
  iterations: 200,
  cases: {
    floor: inResource(BAGGAGE, false),
    session: inResource(BAGGAGE, true),
    none: inResource('tenant=acme', true),
  },
})
const added = median.session - median.floor
const isReached = added <= TARGET_NS
console.log('| session from the request | costs | target |')
console.log('|---|---:|---|')
console.log(
  `| request with a session, added | ${added.toFixed(0)} ns | ≤ ${TARGET_NS} ns: ${isReached ? 'reached' : 'missed'} |`,
)
console.log(`| request without a session, added | ${(median.none - median.floor).toFixed(0)} ns | |`)
console.log(`| one await before any request was followed | ${promise.without.toFixed(0)} ns | |`)
console.log(`| one await while requests are followed | ${promise.with.toFixed(0)} ns | |`)
console.log(isReached ? 'All targets reached.' : '1 target missed.')

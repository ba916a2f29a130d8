/**
 * The cost of the session from the HTTP request: per request, compared with the same request without a subscriber; and per
 * promise in a process that did not use AsyncLocalStorage before. AsyncLocalStorage slows promises before Node 24.
 *
 * ```sh
 * npx tsx bench/request-session.ts
 * ```
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { RequestSession } from '../packages/node-span-processor/dist/esm/request-session.js'
import { median } from './median.js'
import { pairedRounds } from './paired-rounds.js'

const BAGGAGE = 'tenant=acme,session.id=f2a1c3d4-0000-4000-8000-00000000000a'
const TARGET_NS = 1_000
const PROMISES = 20_000
const start = channel('http.server.request.start')
const requests = RequestSession.ofProcess()

/** The properties of a request that the subscriber reads, and the events that Node emits. */
function serve(baggage: string | undefined, isPublished: boolean): void {
  const request = Object.assign(new EventEmitter(), { headers: { host: 'localhost', baggage } })
  const response = new EventEmitter()
  if (isPublished) start.publish({ request, response })
  for (const event of ['readable', 'end', 'close']) request.emit(event)
  for (const event of ['prefinish', 'finish', 'close']) response.emit(event)
}

/** Nanoseconds of one await, before and after the first published request. */
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
  return { without: median(samples.without), with: median(samples.with) }
}

const promise = await promiseCosts()

// OpenTelemetry and dd-trace use AsyncLocalStorage too.
new AsyncLocalStorage().enterWith({})
requests.use()
const inResource =
  (...args: Parameters<typeof serve>): (() => void) =>
  () =>
    new AsyncResource('request').runInAsyncScope(serve, undefined, ...args)
const medians = pairedRounds({
  rounds: 1_000,
  iterations: 200,
  cases: {
    floor: inResource(BAGGAGE, false),
    session: inResource(BAGGAGE, true),
    none: inResource('tenant=acme', true),
  },
})
const added = medians.session - medians.floor
const isReached = added <= TARGET_NS
console.log('| session from the request | costs | target |')
console.log('|---|---:|---|')
console.log(
  `| request with a session, added | ${added.toFixed(0)} ns | ≤ ${TARGET_NS} ns: ${isReached ? 'reached' : 'missed'} |`,
)
console.log(`| request without a session, added | ${(medians.none - medians.floor).toFixed(0)} ns | |`)
console.log(`| one await before the first request | ${promise.without.toFixed(0)} ns | |`)
console.log(`| one await while a request is served | ${promise.with.toFixed(0)} ns | |`)
console.log(isReached ? 'All targets reached.' : '1 target missed.')

import { median } from './median.js'

export interface TimedCalls {
  calls: number
  /** Number of items that the calls worked on. */
  items: number
  /** Median microseconds of one item. */
  microseconds: number
}

const MAX_KEPT = 50_000

/**
 * Times calls by name. Gives medians, because other work on the machine distorts a mean. Subtracts the cost of the timer,
 * which it measures on an empty call before each call.
 */
export class CallTimes {
  readonly #timed: Record<string, { calls: number; items: number; durations: number[] }> = {}

  measure<T>(name: string, call: () => T, items = 1): T {
    this.#time('empty', () => {}, 1)
    return this.#time(name, call, items)
  }

  /** Uses the last 50,000 calls of each name, because the first ones run before the engine has optimised them. */
  toJSON(): Record<string, TimedCalls> {
    const timer = median(this.#timed.empty?.durations ?? [])
    return Object.fromEntries(
      Object.entries(this.#timed).map(([name, { calls, items, durations }]) => {
        const nanoseconds = Math.max(0, median(durations) - timer)
        return [name, { calls, items, microseconds: nanoseconds / 1000 }]
      }),
    )
  }

  #time<T>(name: string, call: () => T, items: number): T {
    const start = process.hrtime.bigint()
    const result = call()
    const nanoseconds = Number(process.hrtime.bigint() - start)
    const timed = this.#timed[name] ?? { calls: 0, items: 0, durations: [] }
    this.#timed[name] = timed
    timed.durations[timed.calls % MAX_KEPT] = nanoseconds / items
    timed.calls++
    timed.items += items
    return result
  }
}

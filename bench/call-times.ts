/** Calls of one name: how many, and on how many items they worked, with the median microseconds of one item. */
export interface TimedCalls {
  calls: number
  items: number
  microseconds: number
}

const MAX_KEPT = 50_000

/**
 * Times calls where they happen. Gives medians, because on a busy machine a mean is that of the moments in which
 * something else ran, and takes off what timing itself adds, found by timing nothing at the same places.
 */
export class CallTimes {
  readonly #timed: Record<string, { calls: number; items: number; durations: number[] }> = {}

  measure<T>(name: string, call: () => T, items = 1): T {
    this.#time('nothing', () => {}, 1)
    return this.#time(name, call, items)
  }

  /** The latest calls of each name, in which machine code runs, not the first. */
  toJSON(): Record<string, TimedCalls> {
    const nothing = median(this.#timed.nothing?.durations ?? [])
    return Object.fromEntries(
      Object.entries(this.#timed).map(([name, { calls, items, durations }]) => {
        const nanoseconds = Math.max(0, median(durations) - nothing)
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

function median(samples: number[]): number {
  return samples.toSorted((a, b) => a - b)[samples.length >> 1] ?? 0
}

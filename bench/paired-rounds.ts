/** What to compare, and for how long. */
export interface PairedRoundsOptions {
  /** Rounds after the warm-up; each gives one sample per case. */
  rounds: number
  /** Calls of a case in one round. */
  iterations: number
  /** Name → the call to measure. It must have an effect that the engine cannot drop. */
  cases: Record<string, () => void>
}

const WARM_UP_ROUNDS = 5

/**
 * Times all cases in one process and returns the median nanoseconds of one call, per case. Every round runs every
 * case once, in shuffled order, so that a slow moment of the machine and the order of the cases hit all alike:
 * ratios between the cases hold where absolute figures do not.
 *
 * @example
 * const median = pairedRounds({ rounds: 50, iterations: 10_000, cases: { ours: () => a(), theirs: () => b() } })
 * console.log(median.ours / median.theirs)
 */
export function pairedRounds<Name extends string>(
  options: PairedRoundsOptions & { cases: Record<Name, () => void> },
): Record<Name, number> {
  const names = Object.keys(options.cases) as Name[]
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = -WARM_UP_ROUNDS; round < options.rounds; round++) {
    for (const name of shuffled(names)) {
      const nanoseconds = time(options.cases[name], options.iterations)
      if (round >= 0) samples.get(name)?.push(nanoseconds)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples.get(name) ?? [])])) as Record<
    Name,
    number
  >
}

function time(call: () => void, iterations: number): number {
  const start = process.hrtime.bigint()
  for (let i = 0; i < iterations; i++) call()
  return Number(process.hrtime.bigint() - start) / iterations
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}

function median(samples: number[]): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

import { median } from './median.js'

export interface PairedRoundsOptions {
  /** Rounds after the warm-up. Each gives one sample per case. */
  rounds: number
  /** Calls of each case in one round. */
  iterations: number
  /** The calls to measure, by name. A call needs an effect, or the engine optimises it away. */
  cases: Record<string, () => void>
}

const WARM_UP_ROUNDS = 5

/**
 * Times all cases in one process, and returns the median nanoseconds of one call for each. A round runs every case in
 * shuffled order, so that slow moments of the machine affect all cases equally. Compare the ratios of the cases, because
 * absolute figures depend on the machine.
 *
 * @example
 * const median = pairedRounds({ rounds: 50, iterations: 10_000, cases: { a: () => a(), b: () => b() } })
 * console.log(median.a / median.b)
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

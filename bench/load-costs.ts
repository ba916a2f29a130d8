import type { Round, Slice } from './load-slices.js'
import { median } from './median.js'

/** The joined slices of one round. */
export interface Pair {
  off: Slice
  on: Slice
}

/** Cost in some rounds as a share of the cost with OpenTelemetry alone: 0 is no cost. */
export type Cost = (pairs: Pair[]) => number

export function pairsOf(rounds: Round[]): Pair[] {
  return rounds.map(({ off, on }) => ({ off: joined(off), on: joined(on) }))
}

/** The median of the rounds. `value` is the cost of one request. */
export function medianCost(value: (slice: Slice) => number): Cost {
  return (pairs) => median(pairs.map(({ off, on }) => value(on) / value(off))) - 1
}

export const costInP99: Cost = (pairs) =>
  p99(pairs.map(({ on }) => on)) / p99(pairs.map(({ off }) => off)) - 1

/** p99 of all requests. In the few hundred requests of one round, one pause of the garbage collector decides p99. */
export function p99(slices: Slice[]): number {
  return quantile(
    slices.flatMap(({ latencies }) => latencies),
    0.99,
  )
}

/** The interval with 95 % of the costs of 2,000 resamplings of the rounds. NaN without figures. */
export function interval(cost: Cost, pairs: Pair[]): [low: number, high: number] {
  const resampled = Array.from({ length: 2000 }, () => cost(pairs.map(() => pick(pairs))))
  return [quantile(resampled, 0.025), quantile(resampled, 0.975)]
}

export function secondsOfRequest({ seconds, latencies }: Slice): number {
  return seconds / latencies.length
}

/** Milliseconds; NaN outside Linux. */
export function cpuOfRequest({ cpu, latencies }: Slice): number {
  return cpu / latencies.length
}

function quantile(samples: number[], share: number): number {
  return Float64Array.from(samples).sort()[Math.floor(samples.length * share)] ?? Number.NaN
}

function joined(slices: Slice[]): Slice {
  return {
    seconds: slices.reduce((sum, slice) => sum + slice.seconds, 0),
    cpu: slices.reduce((sum, slice) => sum + slice.cpu, 0),
    latencies: slices.flatMap((slice) => slice.latencies),
  }
}

function pick<T>(items: readonly T[]): T {
  return items[Math.floor(Math.random() * items.length)] as T
}

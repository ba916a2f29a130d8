import type { Round, Slice } from './load-slices.js'

/** The slices of one round, joined. */
export interface Pair {
  otel: Slice
  ours: Slice
}

/** What ours costs in some rounds, as a share of what OpenTelemetry alone takes: above 0 it costs something. */
export type Cost = (pairs: Pair[]) => number

export function pairsOf(rounds: Round[]): Pair[] {
  return rounds.map(({ otel, ours }) => ({ otel: joined(otel), ours: joined(ours) }))
}

/** The median of the rounds. `value` is what one request takes. */
export function medianCost(value: (slice: Slice) => number): Cost {
  return (pairs) => median(pairs.map(({ otel, ours }) => value(ours) / value(otel))) - 1
}

export const costInP99: Cost = (pairs) =>
  p99(pairs.map(({ ours }) => ours)) / p99(pairs.map(({ otel }) => otel)) - 1

/** Of all requests together: in the few hundred of one round, a single pause of the garbage collector decides it. */
export function p99(slices: Slice[]): number {
  return quantile(
    slices.flatMap(({ latencies }) => latencies),
    0.99,
  )
}

/** The interval that holds 95 % of the costs of 2,000 resamplings of the rounds. NaN where nothing was measured. */
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

export function median(samples: number[]): number {
  return quantile(samples, 0.5)
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

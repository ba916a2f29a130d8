import type { TimedCalls } from './call-times.js'
import { type Load, LoadedBackend } from './load-slices.js'

/**
 * Microseconds that ours takes for one request in the processes of a loaded backend: in our own calls, less what
 * W3CBaggagePropagator takes for the same ones, and in the export of spans that have our attributes.
 */
export async function microsecondsInside(
  load: Load,
  sinkUrl: string,
  setUp: string,
  warmUpSeconds: number,
  seconds: number,
): Promise<{ calls: number; exporting: number }> {
  const backend = await LoadedBackend.start(load, sinkUrl, setUp, true)
  await backend.warmUp(warmUpSeconds + seconds)
  const processes = await backend.stop()
  const calls = ['onStart', 'onEnding', 'onEnd', 'inject', 'extract']
  return {
    calls: sum(processes, (timed) =>
      sum(calls, (call) => perRequest(timed, 'ours', call) - perRequest(timed, 'theirs', call)),
    ),
    exporting: sum(processes, (timed) => {
      const [ours, theirs, spans] = [timed['ours export'], timed['theirs export'], timed['ours onEnd']]
      const added = (ours?.microseconds ?? Number.NaN) - (theirs?.microseconds ?? Number.NaN)
      return (added * (spans?.calls ?? Number.NaN)) / requestsOf(timed, 'ours')
    }),
  }
}

function perRequest(timed: Record<string, TimedCalls>, side: 'ours' | 'theirs', call: string): number {
  const { items = 0, microseconds = 0 } = timed[`${side} ${call}`] ?? {}
  return (items * microseconds) / requestsOf(timed, side)
}

/** The context of each request that a process gets is extracted once. */
function requestsOf(timed: Record<string, TimedCalls>, side: 'ours' | 'theirs'): number {
  return timed[`${side} extract`]?.calls ?? Number.NaN
}

function sum<T>(items: T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}

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
  return {
    calls: sum(processes, (timed) => {
      const ours = ['onStart', 'onEnding', 'onEnd', 'inject', 'extract'].map((name) => timed[name])
      const theirs = ['W3C inject', 'W3C extract'].map((name) => timed[name])
      return perRequest(ours, timed.extract) - perRequest(theirs, timed['W3C extract'])
    }),
    exporting: sum(processes, (timed) => {
      const [ours, theirs] = [timed.export, timed['W3C export']]
      // The same spans on both sides, so that a rest of one slice in the next one does not count.
      const spans = (timed.onEnd?.items ?? 0) / (timed.extract?.calls ?? Number.NaN)
      return spans * ((ours?.microseconds ?? Number.NaN) - (theirs?.microseconds ?? Number.NaN))
    }),
  }
}

/** Each request of a process is extracted once. */
function perRequest(timed: (TimedCalls | undefined)[], requests: TimedCalls | undefined): number {
  const microseconds = timed.reduce((sum, one) => sum + (one ? one.items * one.microseconds : 0), 0)
  return microseconds / (requests?.calls ?? Number.NaN)
}

function sum<T>(items: T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}

import type { TimedCalls } from './call-times.js'
import { type Load, LoadedBackend } from './load-slices.js'

/**
 * Microseconds that rum-llmobs adds to one request of a loaded backend: in the calls of processor and propagator, minus
 * those of W3CBaggagePropagator, and in the export of the attributes.
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
      sum(calls, (call) => perRequest(timed, 'on', call) - perRequest(timed, 'off', call)),
    ),
    exporting: sum(processes, (timed) => {
      const [on, off, spans] = [timed['on export'], timed['off export'], timed['on onEnd']]
      const added = (on?.microseconds ?? Number.NaN) - (off?.microseconds ?? Number.NaN)
      return (added * (spans?.calls ?? Number.NaN)) / requestsOf(timed, 'on')
    }),
  }
}

function perRequest(timed: Record<string, TimedCalls>, side: 'on' | 'off', call: string): number {
  const { items = 0, microseconds = 0 } = timed[`${side} ${call}`] ?? {}
  return (items * microseconds) / requestsOf(timed, side)
}

/** The number of extracts, because each request is extracted once. */
function requestsOf(timed: Record<string, TimedCalls>, side: 'on' | 'off'): number {
  return timed[`${side} extract`]?.calls ?? Number.NaN
}

function sum<T>(items: T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}

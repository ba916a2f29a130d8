import type { Span, Trace } from '../telemetry.js'
import { svg } from './dom.js'
import { duration } from './format.js'

/** Times to mark on an axis of `total` milliseconds: at most five, at 1, 2 or 5 times a power of ten apart. */
function ticks(total: number): number[] {
  if (!(total > 0)) return [0]
  const power = 10 ** Math.floor(Math.log10(total / 4))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= total / 4) ?? 10) * power
  return Array.from({ length: Math.floor(total / step) + 1 }, (_, index) => index * step)
}

export function timeAxis({ durationMs }: Trace): SVGElement {
  return svg(
    'svg',
    { class: 'axis', 'aria-hidden': 'true' },
    ...ticks(durationMs).flatMap((at) => {
      const x = percent(at, durationMs)
      const isAtEnd = at > durationMs * 0.85
      return [
        svg('line', { x1: x, x2: x, y1: '70%', y2: '100%' }),
        svg(
          'text',
          { x, y: '60%', 'text-anchor': at === 0 ? 'start' : isAtEnd ? 'end' : 'middle' },
          duration(at),
        ),
      ]
    }),
  )
}

/** When the span ran, below the axis. Too short a span still shows. */
export function timeBar(trace: Trace, { startedAt, durationMs, kind, error }: Span): SVGElement {
  const width = Math.min(Math.max(durationMs / Math.max(trace.durationMs, 0.001), 0.008), 1)
  const start = Math.min(
    Math.max(0, (startedAt - trace.startedAt) / Math.max(trace.durationMs, 0.001)),
    1 - width,
  )
  return svg(
    'svg',
    { class: 'bar', 'aria-hidden': 'true' },
    ...ticks(trace.durationMs).map((at) => {
      const x = percent(at, trace.durationMs)
      return svg('line', { x1: x, x2: x, y1: 0, y2: '100%' })
    }),
    svg('rect', {
      class: error === null ? `bar-${kind ?? 'other'}` : 'bar-error',
      x: `${start * 100}%`,
      width: `${width * 100}%`,
      y: '25%',
      height: '50%',
    }),
  )
}

function percent(at: number, total: number): string {
  return `${total > 0 ? (at / total) * 100 : 0}%`
}

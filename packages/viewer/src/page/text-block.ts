import { el } from './dom.js'
import type { Model } from './model.js'

const CHARACTERS = 1000
const LINES = 12

/** A text as it is, which a stranger may have written. A long one is cut until it is asked for; `key` tells it from others. */
export function textBlock({ opened }: Model, key: string, text: string): HTMLElement {
  const short = text
    .split('\n', LINES + 1)
    .slice(0, LINES)
    .join('\n')
    .slice(0, CHARACTERS)
  const isLong = short.length < text.length
  const isWhole = opened.has(key)
  return el(
    'div',
    { class: 'text', 'data-key': key },
    el('div', { class: 'prose' }, isLong && !isWhole ? `${short} …` : text),
    isLong &&
      el(
        'button',
        {
          type: 'button',
          class: 'quiet',
          'data-action': 'open',
          'data-value': key,
          'aria-expanded': String(isWhole),
        },
        isWhole ? 'Show less' : `Show all ${text.length.toLocaleString()} characters`,
      ),
  )
}

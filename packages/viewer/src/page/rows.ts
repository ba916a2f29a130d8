import { el, svg } from './dom.js'

/** The height of a row in rem, as `.row` has it in the style sheet. */
const ROW_REM = 3.5
const OVERSCAN = 8

/**
 * A list of any length that scrolls in itself, of which only the rows near those in sight are in the page. `current` is
 * the list as it stands there, or null; render again when it scrolls.
 */
export function rows<Item>(
  current: Element | null,
  items: readonly Item[],
  row: (item: Item) => HTMLElement,
): HTMLElement {
  const height = ROW_REM * Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
  const inSight = Math.ceil((current?.clientHeight || innerHeight) / height)
  const top = Math.min(current?.scrollTop ?? 0, Math.max(0, (items.length - inSight) * height))
  const first = Math.max(0, Math.floor(top / height) - OVERSCAN)
  const last = Math.min(items.length, first + inSight + 2 * OVERSCAN)
  return el(
    'ul',
    { class: 'rows' },
    spacer('above', first * height),
    ...items.slice(first, last).map((item, index) => {
      const element = row(item)
      element.setAttribute('aria-setsize', String(items.length))
      element.setAttribute('aria-posinset', String(first + index + 1))
      return element
    }),
    spacer('below', (items.length - last) * height),
  )
}

function spacer(key: string, height: number): HTMLElement | null {
  return height > 0
    ? el('li', { 'data-key': key, 'aria-hidden': true }, svg('svg', { width: 1, height, class: 'spacer' }))
    : null
}

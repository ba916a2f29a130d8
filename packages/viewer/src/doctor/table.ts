import type { Row } from './checks.js'

const MARKS = { ok: 'ok', fail: 'FAIL', note: 'note' }
const CHECK_WIDTH = 27
const TEXT_WIDTH = 90

/** The rows as text: mark, check and what was found, and below it what mends it. */
export function table(rows: readonly Row[]): string {
  const lines = ['      check                      found, and what mends it']
  for (const { check, result, found, mend } of rows) {
    const cells = [...wrap(found), ...(mend ? wrap(`→ ${mend}`) : [])]
    cells.forEach((cell, index) => {
      const head = index === 0 ? `${MARKS[result].padEnd(6)}${check.padEnd(CHECK_WIDTH)}` : ''
      lines.push((head.padEnd(6 + CHECK_WIDTH) + cell).trimEnd())
    })
  }
  return lines.join('\n')
}

function wrap(text: string): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line && line.length + word.length >= TEXT_WIDTH) lines.push(word)
    else lines[lines.length - 1] = line ? `${line} ${word}` : word
  }
  return lines
}

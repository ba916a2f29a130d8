import { join } from 'node:path'
import { holdsBlock } from '../support/markdown-block.js'
import { padCells } from '../support/printed-table.js'
import type { CaseResult } from './run-case.js'

const DOCUMENT = join(import.meta.dirname, '../../docs/frameworks.md')

/** The support table in Markdown, one row for each framework, with columns padded as the formatter pads them. */
export function supportTable(cases: readonly CaseResult[]): string {
  const header = [
    'framework',
    'measured on',
    'spans',
    'joined',
    'own id kept',
    'session in',
    'shown at start',
    'shown later',
  ]
  const rows = [...cases].sort((a, b) => title(a).localeCompare(title(b), 'en')).map(row)
  const [head = [], ...lines] = padCells([header, ...rows])
  const rule = head.map((cell) => '-'.repeat(cell.length))
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function title({ name, note }: CaseResult): string {
  return note ? `${name} (${note})` : name
}

function row(result: CaseResult): string[] {
  const { versions, scenarios } = result
  const sum = (key: 'spans' | 'joined' | 'kept') =>
    scenarios.reduce((total, result) => total + result[key], 0)
  const codes = (key: 'readFrom' | 'atStart' | 'later') => {
    const attributes = new Set(scenarios.flatMap((result) => result[key]))
    return [...attributes]
      .sort()
      .map((attribute) => `\`${attribute}\``)
      .join(', ')
  }
  return [
    title(result),
    versions.join(', '),
    `${sum('spans')}`,
    `${sum('joined')}`,
    `${sum('kept')}`,
    sum('joined') ? codes('readFrom') : '',
    codes('atStart'),
    codes('later'),
  ]
}

/** Tells whether docs/frameworks.md holds the table. With `update` the document is written first. */
export function holdsSupportTable(table: string, update: boolean): boolean {
  return holdsBlock(DOCUMENT, 'frameworks', table, update)
}

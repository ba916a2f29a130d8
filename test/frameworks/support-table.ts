import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CaseResult } from './run-case.js'

const TABLE = join(import.meta.dirname, 'support-table.md')
const DOCUMENT = join(import.meta.dirname, '../../docs/frameworks.md')
const START = '<!-- frameworks:start -->'
const END = '<!-- frameworks:end -->'

/** The support table in markdown: one row per framework, from what was measured. */
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
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((cells) => cells[column]?.length ?? 0)),
  )
  // Padded as the formatter does it.
  const rule = widths.map((width) => '-'.repeat(width))
  return [header, rule, ...rows]
    .map((cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
    .join('\n')
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

/** Writes the table to support-table.md and docs/frameworks.md. */
export function writeSupportTable(table: string): void {
  writeFileSync(TABLE, `${table}\n`)
  const document = readFileSync(DOCUMENT, 'utf8')
  const [before, after] = around(document)
  writeFileSync(DOCUMENT, `${before}${START}\n${table}\n${END}${after}`)
}

/** Returns the files whose table is outdated. */
export function outdatedSupportTables(table: string): string[] {
  const outdated: string[] = []
  if (!existsSync(TABLE) || readFileSync(TABLE, 'utf8') !== `${table}\n`) outdated.push(TABLE)
  if (!existsSync(DOCUMENT) || !readFileSync(DOCUMENT, 'utf8').includes(`${START}\n${table}\n${END}`)) {
    outdated.push(DOCUMENT)
  }
  return outdated
}

function around(document: string): [string, string] {
  const start = document.indexOf(START)
  const end = document.indexOf(END)
  if (start < 0 || end < start) throw new Error(`${DOCUMENT} has no ${START} … ${END}`)
  return [document.slice(0, start), document.slice(end + END.length)]
}

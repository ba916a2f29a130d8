import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Setup } from './setups.js'

const DOCUMENT = join(import.meta.dirname, '../../docs/setups.md')

/** What docs/setups.md does not show word for word: start commands, and the files that they load. */
export function missingInDocs(setups: readonly Setup[]): string[] {
  const text = readFileSync(DOCUMENT, 'utf8')
  const missing = new Set<string>()
  for (const { fixture, start, nodeOptions, isVariant } of setups) {
    if (isVariant) continue
    for (const each of [start, nodeOptions ?? '']) if (!text.includes(each)) missing.add(each)
    for (const file of start.match(/(?<=\.\/)[\w-]+\.[cm]js/g) ?? []) {
      const path = join(import.meta.dirname, fixture, file)
      if (!text.includes(readFileSync(path, 'utf8'))) missing.add(`${fixture}/${file}`)
    }
  }
  return [...missing]
}

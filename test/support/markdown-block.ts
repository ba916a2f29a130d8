import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Tells whether `file` holds `text` between the comments `<!-- name:start -->` and `<!-- name:end -->`. With `update` it is
 * written there first.
 *
 * @throws when the file lacks the comments
 */
export function holdsBlock(file: string, name: string, text: string, update: boolean): boolean {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
  const markdown = readFileSync(file, 'utf8')
  const [from, to] = [markdown.indexOf(start), markdown.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${file} has no ${start} … ${end}`)
  const updated = `${markdown.slice(0, from)}${start}\n${text}\n${markdown.slice(to)}`
  if (update) writeFileSync(file, updated)
  return update || updated === markdown
}

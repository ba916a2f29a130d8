import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A folder as a document describes it. A block `npm install …` begins one, each code block whose first line is a comment
 * with a file name adds that file, and each block that starts `node` is run with the files so far. Without such a block
 * the files are a page's. A heading ends it.
 */
export interface Recipe {
  document: string
  heading: string
  /** Major versions that the headings above it name, or none. */
  nodes: string[]
  install: string
  files: Map<string, string>
  starts: string[]
}

const ROOT = join(import.meta.dirname, '../..')

export function recipesOf(document: string): Recipe[] {
  const lines = readFileSync(join(ROOT, document), 'utf8').split('\n')
  const headings: string[] = []
  const recipes: Recipe[] = []
  let recipe: Recipe | undefined
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const heading = /^(#+) (.*)/.exec(line)
    if (heading?.[1]) {
      headings.length = heading[1].length
      headings[heading[1].length - 1] = heading[2] ?? ''
      recipe = undefined
    }
    const language = /^```(\w+)$/.exec(line)?.[1]
    if (!language) continue
    const end = lines.indexOf('```', at)
    if (end < 0) throw new Error(`${document}:${at + 1}: the block is not closed`)
    const text = lines.slice(at + 1, end).join('\n')
    at = end
    const file = /^\/\/ (\S+\.\w+)$/m.exec(text.split('\n', 1)[0] ?? '')?.[1]
    if (language === 'sh' && text.startsWith('npm install ')) {
      const nodes =
        headings
          .join(' ')
          .match(/(?<=Node )\d+(, \d+)*/)?.[0]
          .split(', ') ?? []
      const place = { document, heading: headings.at(-1) ?? '', nodes }
      recipe = { ...place, install: text, files: new Map(), starts: [] }
      recipes.push(recipe)
    } else if (language === 'sh' && /^(\w+=\S+ )*node --/.test(text)) {
      recipe?.starts.push(text)
    } else if (file) {
      recipe?.files.set(file, `${text}\n`)
    }
  }
  return recipes
}

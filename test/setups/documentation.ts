import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Recipe, recipesOf } from '../support/recipes.js'
import type { Setup } from './setups.js'

const DOCUMENT = 'docs/setups.md'

/** What docs/setups.md does not show word for word: start commands, and the files that they load. */
export function missingInDocs(setups: readonly Setup[]): string[] {
  const text = readFileSync(join(import.meta.dirname, '../..', DOCUMENT), 'utf8')
  const missing = new Set<string>()
  for (const { fixture, start, nodeOptions, isVariant } of setups) {
    if (isVariant) continue
    for (const each of [start, nodeOptions ?? '']) if (!text.includes(each)) missing.add(each)
    for (const file of start.match(/(?<=\.\/)[\w-]+\.[cm]js/g) ?? []) {
      if (!text.includes(fileOf(fixture, file))) missing.add(`${fixture}/${file}`)
    }
  }
  return [...missing]
}

/** What docs/setups.md shows and no set-up runs: with these files, on versions that the `npm install` line allows. */
export function notRun(setups: readonly Setup[]): string[] {
  return recipesOf(DOCUMENT).flatMap((recipe) =>
    recipe.starts
      .filter((start) => !setups.some((setup) => runs(setup, recipe, start)))
      .map((start) => `${recipe.heading}: ${start}`),
  )
}

function runs({ start, fixture }: Setup, recipe: Recipe, documented: string): boolean {
  if (!documented.endsWith(start)) return false
  for (const [file, text] of recipe.files) {
    if (start.includes(file) && text !== `// ${file}\n${fileOf(fixture, file)}`) return false
  }
  const { dependencies } = JSON.parse(fileOf(fixture, 'package.json'))
  const wanted = recipe.install.matchAll(/(@?[^\s@]+)@([\d.]+)/g)
  return [...wanted].every(([, name = '', version]) => {
    const file = String(dependencies[name]).startsWith('file:')
    return file || `${dependencies[name]}.`.startsWith(`${version}.`)
  })
}

function fileOf(fixture: string, file: string): string {
  return readFileSync(join(import.meta.dirname, fixture, file), 'utf8')
}

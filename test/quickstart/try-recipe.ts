import { execFile } from 'node:child_process'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Recipe } from '../support/recipes.js'
import { tryBackend } from './backend.js'
import { tryPage } from './page.js'
import { typeErrors } from './type-check.js'

/** One thing that was tried in the folder of a recipe. */
export interface Attempt {
  command: string
  seconds: number
  /** Why it does not work as pasted. */
  failure?: string
}

/** Does what a recipe says in a new folder: installs, writes its files, and starts what it starts. */
export async function tryRecipe(
  recipe: Recipe,
  folder: string,
  node: string,
  npmEnv: NodeJS.ProcessEnv,
): Promise<Attempt[]> {
  const attempts: Attempt[] = []
  const attempt = async (command: string, work: () => Promise<string | undefined>) => {
    const since = Date.now()
    const failure = await work().catch(reasonOf)
    attempts.push({ command, seconds: (Date.now() - since) / 1000, ...(failure && { failure }) })
    return failure === undefined
  }
  const env = { ...npmEnv, PATH: `${dirname(node)}:${process.env.PATH}` }
  const install = async (command: string) => {
    await promisify(execFile)('sh', ['-c', command], { cwd: folder, env })
    return undefined
  }

  mkdirSync(folder)
  if (!(await attempt('npm install', () => install(recipe.install)))) return attempts
  for (const [file, text] of recipe.files) writeFileSync(join(folder, file), text)
  for (const start of recipe.starts) await attempt(start, () => tryBackend(folder, start, node))
  const files = [...recipe.files.keys()]
  if (!recipe.starts.length) {
    await attempt('npm install RUM', () => install('npm install @datadog/browser-rum@7'))
    await attempt('vite build, in Chromium', () => tryPage(folder, files))
  }
  if (files.length) await attempt('tsc --strict', () => typeErrors(folder, files))
  const inTypeScript = files.filter((file) => file.endsWith('.ts'))
  if (inTypeScript.length) {
    // Pages without TypeScript paste the same block.
    const renamed = inTypeScript.map((file) => file.replace(/ts$/, 'js'))
    for (const [at, file] of inTypeScript.entries())
      renameSync(join(folder, file), join(folder, renamed[at] ?? ''))
    await attempt('as JavaScript: vite build, in Chromium', () => tryPage(folder, renamed))
  }
  return attempts
}

function reasonOf(error: Error & { stderr?: string }): string {
  return error.stderr ? `${error.message}\n${error.stderr}` : error.message
}

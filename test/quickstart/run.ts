// Runs what README.md and docs/setups.md tell the reader to type, in empty folders, with the packages on a registry of
// this machine, and prints a table of what joined. Of docs/setups.md it runs the sections that name Node versions, each
// on the newest of them; `--all` runs all sections on all versions. Other arguments are words of headings.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { LoopbackRegistry } from '../support/loopback-registry.js'
import { type Recipe, recipesOf } from '../support/recipes.js'
import { type Attempt, tryRecipe } from './try-recipe.js'

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean', default: false } },
})
const NODES = ['20', '22', '24']
// Most of an installation is waiting.
const AT_ONCE = 2

function nodesOf({ document, nodes, starts }: Recipe): string[] {
  if (!starts.length) return ['20']
  if (document === 'README.md') return NODES
  if (options.all) return nodes.length ? nodes : NODES
  return words.length && !nodes.length ? NODES.slice(-1) : nodes.slice(-1)
}

/** The Node of that major version: a package of this folder, or the one that runs this. */
function nodeBinary(major: string): string {
  const modules = join(import.meta.dirname, 'node_modules')
  const installed = readdirSync(modules).filter((name) => name.startsWith(`node-${major}-`))
  const candidates = [...installed.map((name) => join(modules, name, 'bin/node')), process.execPath]
  const isMajor = (each: string) =>
    execFileSync(each, ['--version'], { encoding: 'utf8' }).startsWith(`v${major}.`)
  const binary = candidates.find(isMajor)
  if (!binary) throw new Error(`there is no Node ${major} for this machine`)
  return binary
}

interface Trial {
  recipe: Recipe
  node: string
  attempts: Attempt[]
}

const trials: Trial[] = [...recipesOf('README.md'), ...recipesOf('docs/setups.md')]
  // What is built before it starts, as Next.js is, runs in test:setups.
  .filter(({ starts }) => starts.every((start) => start.endsWith(' app.js')))
  .filter(({ heading }) => words.every((word) => heading.includes(word)))
  .flatMap((recipe) => nodesOf(recipe).map((node) => ({ recipe, node, attempts: [] })))

async function runAll(registry: LoopbackRegistry): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'rum-llmobs-quickstart-'))
  const queue = [...trials.entries()]
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, trial] = next
      const folder = join(root, String(index))
      const { recipe, node } = trial
      trial.attempts = await tryRecipe(recipe, folder, nodeBinary(node), registry.npmEnv)
      const seconds = trial.attempts.reduce((sum, attempt) => sum + attempt.seconds, 0)
      console.log(`${recipe.document}, ${recipe.heading}, Node ${node}: ${seconds.toFixed(0)} s`)
      rmSync(folder, { recursive: true, force: true })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  rmSync(root, { recursive: true, force: true })
}

const registry = await LoopbackRegistry.start()
try {
  registry.publishPacked()
  await runAll(registry)
} finally {
  await registry.stop()
}

const done = trials.flatMap(({ recipe, node, attempts }) =>
  attempts.map((attempt) => ({
    ...attempt,
    place: `${recipe.document}, ${recipe.heading}`,
    on: `Node ${node}`,
  })),
)
const rows = done.map(({ place, command, on, seconds, failure }) => [
  failure ? '✗' : '✓',
  place,
  on,
  `${seconds.toFixed(1)} s`,
  command,
])
const table = [['', 'section', 'on', 'took', 'what was run'], ...rows]
const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
console.log()
for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
const failures = done.filter(({ failure }) => failure)
for (const { place, on, command, failure } of failures) {
  console.log(`\n✗ ${place}, ${on}: ${command}\n  ${failure?.slice(0, 3000)}`)
}
console.log(`\n${done.length - failures.length} passed, ${failures.length} failed`)
process.exitCode = failures.length || !done.length ? 1 : 0

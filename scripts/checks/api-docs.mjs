// Compares docs/api with the docstrings of each public entry point. `npm run api-docs` writes docs/api.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Application } from 'typedoc'

const OUT = 'docs/api'
const FRESH = 'temp/api-docs'

const app = await Application.bootstrapWithPlugins({
  options: join(import.meta.dirname, 'typedoc.json'),
  out: FRESH,
})
const project = await app.convert()
if (!project) process.exit(1)
// TypeDoc names a module after its path: node-span-processor/src/dd-trace.
for (const module of project.children ?? []) module.name = module.name.replace('/src', '')
await app.generateOutputs(project)
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1)

if (process.argv.includes('--update')) {
  rmSync(OUT, { recursive: true, force: true })
  cpSync(FRESH, OUT, { recursive: true })
}
const isSame = (name) =>
  existsSync(join(OUT, name)) &&
  readFileSync(join(OUT, name), 'utf8') === readFileSync(join(FRESH, name), 'utf8')
const stale = readdirSync(FRESH).filter((name) => !isSame(name))
if (stale.length) {
  console.error(`${OUT} differs from the docstrings (${stale.join(', ')}): npm run api-docs`)
  process.exit(1)
}
console.log(`${OUT} matches the docstrings`)

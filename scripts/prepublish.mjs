// The `prepublishOnly` script of each package: writes the repository's URL into package.json and the README's links.
// npm and lerna read both files after this script. `npm pack` does not run it.
import { readFileSync, writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { absoluteLinks, addressFields, isFilledIn, repositoryName } from './repository.mjs'

const isRehearsal = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(
  process.env.npm_config_registry ?? '',
)
const name = repositoryName()
if (!isFilledIn(name) && !isRehearsal) {
  console.error(`repository in the root's package.json is still github:${name}: set it first`)
  process.exit(1)
}

const directory = relative(resolve(import.meta.dirname, '..'), process.cwd()).replaceAll('\\', '/')
const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
Object.assign(manifest, addressFields(name, directory))
writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`)
writeFileSync('README.md', absoluteLinks(readFileSync('README.md', 'utf8'), name, directory))

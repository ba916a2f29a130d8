// The first step of the release workflow. Lists every placeholder to fill in and every changelog entry to write.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isFilledIn, repositoryName } from './repository.mjs'

const root = resolve(import.meta.dirname, '..')
const read = (...path) => readFileSync(resolve(root, ...path), 'utf8')
const missing = []

const name = repositoryName()
const here = process.env.GITHUB_REPOSITORY
if (!isFilledIn(name)) missing.push(`package.json: repository is still github:${name}`)
else if (here && here !== name) missing.push(`package.json: repository is ${name}, and this is ${here}`)
if (/@OWNER\b/.test(read('.github/CODEOWNERS'))) missing.push('.github/CODEOWNERS: the owner is still @OWNER')

for (const folder of readdirSync(resolve(root, 'packages'))) {
  if (!existsSync(resolve(root, 'packages', folder, 'package.json'))) continue
  const { version } = JSON.parse(read('packages', folder, 'package.json'))
  const heading = new RegExp(`^## ${version.replaceAll('.', '\\.')} - \\d{4}-\\d{2}-\\d{2}$`, 'm')
  const changelog = `packages/${folder}/CHANGELOG.md`
  if (!heading.test(read(changelog))) missing.push(`${changelog}: no heading "## ${version} - <date>"`)
}

for (const line of missing) console.error(line)
if (missing.length) process.exit(1)
console.log(`ready to publish from ${name}`)

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { install } from '../support/install.js'

const HERE = import.meta.dirname

/** A folder with a lock file. Its node_modules must hold one copy of `@opentelemetry/api`. */
export interface Fixture {
  readonly name: string
  readonly folder: string
  /** Path of Node: from the npm package `node` of the fixture, or the running one. */
  readonly node: string
  /** Version of the npm package `node`. */
  readonly pinnedNode: string | undefined
  readonly cases: readonly string[]
}

/** Lists the folders beside this file that have a package.json, with the files of their `cases` folder. */
export function listFixtures(): Fixture[] {
  return readdirSync(HERE, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(HERE, entry.name, 'package.json')))
    .map(({ name }) => {
      const folder = join(HERE, name)
      const pinnedNode: string | undefined = readJson(join(folder, 'package.json')).dependencies.node
      const node = pinnedNode ? join(folder, 'node_modules/node/bin/node') : process.execPath
      return { name, folder, node, pinnedNode, cases: readdirSync(join(folder, 'cases')).sort() }
    })
}

/**
 * Installs a fixture with the built packages.
 *
 * @throws when the lock file does not hold exactly one `@opentelemetry/api`, or npm fails
 */
export function installFixture({ name, folder }: Fixture, tarballs: Map<string, string>): void {
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  const copies = Object.keys(JSON.parse(lock).packages).filter((path) =>
    path.endsWith('node_modules/@opentelemetry/api'),
  )
  if (copies.length !== 1)
    throw new Error(`${name} has ${copies.length} copies of @opentelemetry/api: ${copies}`)
  install(folder, tarballs)
}

function readJson(file: string) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

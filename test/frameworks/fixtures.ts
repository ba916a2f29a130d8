import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { install } from '../support/install.js'

const HERE = import.meta.dirname

/** One install tree, with its own lock: no two copies of `@opentelemetry/api` may meet in it. */
export interface Fixture {
  readonly name: string
  readonly folder: string
  /** The Node that its frameworks need: an npm dependency of the fixture, or the one that runs this. */
  readonly node: string
  /** Version of that npm dependency. */
  readonly pinnedNode: string | undefined
  readonly cases: readonly string[]
}

/** Every folder beside this file that has a package.json, with the cases in its `cases` folder. */
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
 * Installs a fixture, and puts the packages as they are built now into it.
 *
 * @throws when the lock holds more than one `@opentelemetry/api`, or npm fails
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

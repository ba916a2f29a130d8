import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const HERE = import.meta.dirname
const PACKAGE = '@rum-llmobs/node-span-processor'
const PACKAGE_FOLDER = join(HERE, '../../packages/node-span-processor')

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
 * Installs a fixture by `npm ci`, and our package in it as it would be published. When what the lock says is
 * installed already, only our package is replaced.
 *
 * @returns whether `npm ci` ran
 * @throws when the lock holds more than one `@opentelemetry/api`, or npm fails
 */
export function install({ name, folder }: Fixture): boolean {
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  const copies = Object.keys(JSON.parse(lock).packages).filter((path) =>
    path.endsWith('node_modules/@opentelemetry/api'),
  )
  if (copies.length !== 1)
    throw new Error(`${name} has ${copies.length} copies of @opentelemetry/api: ${copies}`)

  const stamp = join(folder, 'node_modules/.lock-hash')
  const hash = createHash('sha256')
    .update(readFileSync(join(folder, 'package.json')))
    .update(lock)
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) {
    replacePackage(folder)
    return false
  }
  npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], folder)
  writeFileSync(stamp, hash)
  return true
}

function replacePackage(folder: string): void {
  const packed = mkdtempSync(join(tmpdir(), 'node-span-processor-'))
  try {
    const [tarball] = JSON.parse(npm(['pack', '--json', `--pack-destination=${packed}`], PACKAGE_FOLDER))
    const installed = join(folder, 'node_modules', PACKAGE)
    rmSync(join(installed, 'dist'), { recursive: true, force: true })
    execFileSync('tar', ['-xzf', join(packed, tarball.filename), '--strip-components=1', '-C', installed])
  } finally {
    rmSync(packed, { recursive: true, force: true })
  }
}

function npm(args: string[], cwd: string): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

function readJson(file: string) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

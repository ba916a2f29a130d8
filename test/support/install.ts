import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { installFolder } from '../../scripts/install-folder.mjs'

const PACKAGES = resolve(import.meta.dirname, '../../packages')
const npmEnv = { ...process.env, npm_config_loglevel: 'error' }

/**
 * Installs a fixture and unpacks the built packages into it. They come from tarballs, so a file that `files` of
 * package.json leaves out is missing in the fixture too.
 *
 * @param apps - folder that is copied to `.app` of the fixture
 */
export function install(fixture: string, tarballs: Map<string, string>, apps?: string): void {
  installFolder(fixture)
  for (const [name, tarball] of tarballs) {
    const target = join(fixture, 'node_modules', name)
    if (!existsSync(target)) continue
    rmSync(join(target, 'dist'), { recursive: true, force: true })
    execFileSync('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'])
  }
  if (!apps) return
  rmSync(join(fixture, '.app'), { recursive: true, force: true })
  cpSync(apps, join(fixture, '.app'), { recursive: true })
}

/** Packs the built packages. Returns the path of the tarball by package name. */
export function pack(): Map<string, string> {
  const target = mkdtempSync(join(tmpdir(), 'rum-llmobs-packages-'))
  const tarballs = new Map<string, string>()
  for (const directory of readdirSync(PACKAGES)) {
    // The Python package has no package.json.
    if (!existsSync(join(PACKAGES, directory, 'package.json'))) continue
    const args = ['pack', '--json', '--pack-destination', target]
    const output = execFileSync('npm', args, {
      cwd: join(PACKAGES, directory),
      env: npmEnv,
      encoding: 'utf8',
    })
    const packed = JSON.parse(output)
    // npm 12 prints an object by package name, older versions print an array.
    const { name, filename } = (Array.isArray(packed) ? packed : Object.values(packed))[0]
    tarballs.set(name, join(target, filename))
  }
  process.once('exit', () => rmSync(target, { recursive: true, force: true }))
  return tarballs
}

/**
 * Returns the Node binary of a major version. The packages `node-<platform>-<arch>` hold the binary itself; the package
 * `node` needs an install script, which npm may block without an error.
 */
export function nodeBinary(fixture: string, version: string): string {
  const modules = join(fixture, 'node_modules')
  const installed = readdirSync(modules)
    .filter((name) => /^node-(bin-)?(linux|darwin)-/.test(name))
    .map((name) => join(modules, name, 'bin/node'))
  const binary = [...installed, process.execPath].find((candidate) => majorOf(candidate) === version)
  if (!binary)
    throw new Error(`${fixture} needs Node ${version}: install node-bin-<platform>-<arch> or run this on it`)
  return binary
}

function majorOf(binary: string): string {
  return execFileSync(binary, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }).trim()
}

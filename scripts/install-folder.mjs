// node scripts/install-folder.mjs FOLDER…: installs folders that have a lock file, such as demo.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/**
 * Installs a folder from its lock file, unless node_modules is up to date. Prints npm's errors, but not its warnings.
 *
 * @param {string} folder
 */
export function installFolder(folder) {
  const lock = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex')
  const marker = join(folder, 'node_modules/.lock-hash')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return
  const started = performance.now()
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    env: { ...process.env, npm_config_loglevel: 'error' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  writeFileSync(marker, lock)
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  console.log(`installed ${relative(process.cwd(), folder)} in ${seconds} s`)
}

if (process.argv[1] === import.meta.filename) process.argv.slice(2).forEach(installFolder)

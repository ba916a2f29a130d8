// Runs the build script of every package. Prints one line for each, and the whole output of one that fails.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const packages = resolve(import.meta.dirname, '../packages')
for (const name of readdirSync(packages)) {
  const folder = resolve(packages, name)
  const manifest = resolve(folder, 'package.json')
  if (!existsSync(manifest) || !JSON.parse(readFileSync(manifest, 'utf8')).scripts?.build) continue
  const started = performance.now()
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status !== 0) {
    console.error(`${stdout}${stderr}\npackages/${name} does not build`)
    process.exit(status ?? 1)
  }
  console.log(`built packages/${name} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

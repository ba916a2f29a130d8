import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const MODULES = join(import.meta.dirname, '../../node_modules')
const RESOLUTIONS = [
  ['--module', 'node16', '--moduleResolution', 'node16'],
  ['--module', 'preserve', '--moduleResolution', 'bundler'],
]

/** What TypeScript finds in the files, as strictly as it can be, with both ways to resolve packages. */
export async function typeErrors(folder: string, files: readonly string[]): Promise<string | undefined> {
  const own = ['--noEmit', '--strict', '--allowJs', '--checkJs', '--skipLibCheck', '--target', 'es2022']
  const types = ['--typeRoots', join(MODULES, '@types'), '--types', 'node']
  for (const resolution of RESOLUTIONS) {
    const args = [join(MODULES, 'typescript/bin/tsc'), ...own, ...types, ...resolution, ...files]
    const found = await promisify(execFile)(process.execPath, args, { cwd: folder }).then(
      () => undefined,
      (error: { stdout: string }) => error.stdout,
    )
    if (found) return `${resolution.at(-1)}: ${found}`
  }
  return undefined
}

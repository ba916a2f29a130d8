import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/**
 * Makes the virtual environment that `requirements.txt` of a folder describes, with the Python package of this repository
 * in it, unless it is there with the same requirements. Resolves with the folder of its commands. Rejects with one line
 * when Python 3.9 or its venv module is missing.
 */
export async function installPython(folder = path('server-python')): Promise<string> {
  const requirements = `${folder}/requirements.txt`
  const environment = `${folder}/.venv`
  const bin = `${environment}/bin`
  const wanted = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
  const installed = await readFile(`${environment}/requirements`, 'utf8').catch(() => '')
  if (installed === wanted) return bin
  await run('python3', ['-c', 'import venv, ensurepip, sys; sys.exit(sys.version_info < (3, 9))']).catch(
    () => {
      throw new Error('Python services need python3, 3.9 or newer, with its venv module (python3-venv)')
    },
  )
  console.log('Installing Python packages …')
  await run('python3', ['-m', 'venv', '--clear', environment])
  const packages = ['--requirement', requirements, '--editable', path('../packages/python-span-processor')]
  await run(`${bin}/python`, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages])
  await writeFile(`${environment}/requirements`, wanted)
  return bin
}

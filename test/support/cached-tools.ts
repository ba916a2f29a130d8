import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findExecutable } from './executable.js'

const run = promisify(execFile)

/** A tool that this machine cannot provide. The message names what is missing. */
export class ToolAbsentError extends Error {}

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'rum-llmobs')
const manifest = fileURLToPath(new URL('../../demo/collector/builder.yaml', import.meta.url))
const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url))

/** Docker Compose's parser as a command, which runs without Docker. */
const COMPOSE_PARSER = 'github.com/compose-spec/compose-go/v2/cmd@v2.16.2'

/**
 * Returns the path of the Collector to test with, the first of:
 *
 * 1. OTELCOL_BIN;
 * 2. `otelcol-contrib` or `otelcol` on PATH, if it has the modules that `demo/collector/builder.yaml` lists;
 * 3. a Collector built from that file with the OpenTelemetry Collector Builder. The build takes some minutes once; the
 *    result is cached outside the repository by the hash of the file.
 *
 * @throws {ToolAbsentError} when there is neither a Collector nor Go
 */
export async function collectorBinary(): Promise<string> {
  if (process.env.OTELCOL_BIN) return process.env.OTELCOL_BIN
  const yaml = readFileSync(manifest, 'utf8')
  const modules = [...yaml.matchAll(/gomod: (\S+)/g)].map(([, module = '']) => module)
  for (const command of ['otelcol-contrib', 'otelcol']) {
    const path = findExecutable([command])
    if (path && (await hasModules(path, modules))) return path
  }
  const version = /^ {2}version: (\S+)$/m.exec(yaml)?.[1]
  return cached(`otelcol-${hash(yaml)}`, 'otelcol', async (folder) => {
    goCommand()
    console.log(`Building OpenTelemetry Collector ${version} in ${cache}, which takes some minutes once …`)
    await goInstall(`go.opentelemetry.io/collector/cmd/builder@v${version}`, folder)
    await run(join(folder, 'builder'), ['--config', manifest], { cwd: folder, maxBuffer: 1e8 })
    renameSync(join(folder, 'otelcol'), join(folder, 'sources'))
    renameSync(join(folder, 'sources/otelcol'), join(folder, 'otelcol'))
    for (const rest of ['sources', 'builder']) rmSync(join(folder, rest), { recursive: true })
  })
}

async function hasModules(collector: string, modules: string[]): Promise<boolean> {
  // A Collector that does not run here, or lacks the command, counts as one without the modules.
  const { stdout } = await run(collector, ['components']).catch(() => ({ stdout: '' }))
  return modules.every((module) => stdout.includes(`module: ${module} `))
}

/** Returns the path of compose-go's command. @throws {ToolAbsentError} without Go */
export function composeParser(): Promise<string> {
  return cached(`compose-go-${hash(COMPOSE_PARSER)}`, 'cmd', (folder) => goInstall(COMPOSE_PARSER, folder))
}

/** Returns the folder of the commands that `requirements.txt` installs. @throws {ToolAbsentError} without Python 3 */
export async function pythonCommands(): Promise<string> {
  const python = findExecutable(['python3'])
  const path = await cached(
    `python-${hash(readFileSync(requirements, 'utf8'))}`,
    'bin/ddapm-test-agent',
    async (folder, target) => {
      if (!python) throw new ToolAbsentError('python3 is not on PATH')
      // A virtual environment cannot be moved: its scripts name their interpreter.
      await run(python, ['-m', 'venv', '--clear', target])
      await run(join(target, 'bin/pip'), ['install', '--quiet', '--requirement', requirements])
      rmSync(folder, { recursive: true })
    },
  )
  return join(path, '..')
}

/** Runs `make` in an empty folder unless the cache has `file`. A failed run leaves nothing in the cache. */
async function cached(
  name: string,
  file: string,
  make: (folder: string, target: string) => Promise<void>,
): Promise<string> {
  const target = join(cache, name)
  if (existsSync(join(target, file))) return join(target, file)
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'making-'))
  try {
    await make(folder, target)
    if (existsSync(folder)) renameSync(folder, target)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    rmSync(target, { recursive: true, force: true })
    throw error
  }
  return join(target, file)
}

async function goInstall(module: string, folder: string): Promise<void> {
  await run(goCommand(), ['install', module], { env: { ...process.env, GOBIN: folder }, maxBuffer: 1e8 })
}

function goCommand(): string {
  const go = findExecutable(['go'])
  if (!go) throw new ToolAbsentError('go is not on PATH')
  return go
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/**
 * Runs a program of `fixtures/` in a new process, because instrumentations patch modules for good. Returns the JSON that it
 * prints.
 */
export async function runFixture<Result>(name: string, args: string[], env = {}): Promise<Result> {
  const file = fileURLToPath(new URL(`./fixtures/${name}.ts`, import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', file, ...args], {
    env: { ...process.env, OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', ...env },
  })
  return JSON.parse(stdout)
}

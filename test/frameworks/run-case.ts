import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fixture } from './fixtures.js'

/** What harness.mjs found in one scenario; `error` when a check failed. */
export interface ScenarioResult {
  readonly scenario: string
  readonly error?: string
  readonly spans: number
  readonly joined: number
  readonly kept: number
  readonly readFrom: readonly string[]
  readonly atStart: readonly string[]
  readonly later: readonly string[]
}

/** One framework: what it is, and its scenarios. `error` when its process failed. */
export interface CaseResult {
  readonly file: string
  name: string
  versions: string[]
  note?: string
  node: string
  readonly scenarios: ScenarioResult[]
  error?: string
}

const TIMEOUT_MS = 90_000

/**
 * Runs one framework in a process of its own, because instrumentations patch what they find. The environment
 * is empty but for what Node needs, so no key of the developer's can reach a real provider. Never rejects.
 */
export async function runCase(fixture: Fixture, file: string): Promise<CaseResult> {
  const result: CaseResult = { file, name: file, versions: [], node: '', scenarios: [] }
  const home = mkdtempSync(join(tmpdir(), 'frameworks-'))
  const child = fork(join(import.meta.dirname, 'harness.mjs'), [join('cases', file)], {
    cwd: fixture.folder,
    execPath: fixture.node,
    execArgv: [],
    env: {
      PATH: process.env.PATH,
      HOME: home,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    timeout: TIMEOUT_MS,
  })
  const output = collect(child)
  child.on('message', (message: object) => {
    if ('scenario' in message) result.scenarios.push(message as ScenarioResult)
    else Object.assign(result, message)
  })
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('error', (error) => resolve([null, error.message]))
    child.on('close', (...exit) => resolve(exit))
  })
  rmSync(home, { recursive: true, force: true })
  if (code !== 0) result.error = `${signal ?? `exit ${code}`}\n${output.join('')}`
  else if (fixture.pinnedNode && result.node !== `v${fixture.pinnedNode}`) {
    result.error = `ran on Node ${result.node}, not ${fixture.pinnedNode}: was the install script of "node" skipped?`
  } else if (result.scenarios.length === 0) result.error = 'no scenario ran'
  return result
}

function collect(child: ChildProcess): string[] {
  const output: string[] = []
  child.stdout?.setEncoding('utf8').on('data', (text) => output.push(text))
  child.stderr?.setEncoding('utf8').on('data', (text) => output.push(text))
  return output
}

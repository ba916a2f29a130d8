import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fixture } from './fixtures.js'

/** Result of one scenario, as harness.mjs sends it. */
export interface ScenarioResult {
  readonly scenario: string
  /** Why a check failed. */
  readonly error?: string
  readonly spans: number
  /** Spans with the session of their request where LLM Observability reads it. */
  readonly joined: number
  /** Spans with an id of the application there. */
  readonly kept: number
  /** Attributes that LLM Observability reads the session from. */
  readonly readFrom: readonly string[]
  /** Attributes of the convention that are set when a span starts. */
  readonly atStart: readonly string[]
  /** Attributes of the convention that are set after the start. */
  readonly later: readonly string[]
}

/** Result of one framework. */
export interface CaseResult {
  readonly file: string
  name: string
  versions: string[]
  note?: string
  node: string
  readonly scenarios: ScenarioResult[]
  /** Why the process failed. */
  error?: string
}

const TIMEOUT_MS = 90_000

/**
 * Runs one framework in a new process, because instrumentations patch modules. The environment holds only what Node
 * needs, so that no API key reaches a real provider. Never rejects.
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
    result.error = `ran on Node ${result.node} instead of ${fixture.pinnedNode}: did npm skip the install script of "node"?`
  } else if (result.scenarios.length === 0) result.error = 'no scenario ran'
  return result
}

function collect(child: ChildProcess): string[] {
  const output: string[] = []
  child.stdout?.setEncoding('utf8').on('data', (text) => output.push(text))
  child.stderr?.setEncoding('utf8').on('data', (text) => output.push(text))
  return output
}

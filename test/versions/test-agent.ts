import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** One LLMObs event as dd-trace sent it. */
export interface LlmObsEvent {
  name: string
  session_id?: string
  tags: string[]
  meta: { 'span.kind': string }
}

/** One span of the trace endpoint, decoded by the agent. */
export interface ApmSpan {
  name: string
  resource: string
  meta: Record<string, string>
}

// The last version whose LLM Observability query API is part of ddapm-test-agent itself.
const VERSION = '1.65.0'
const VENV = join(import.meta.dirname, '.venv')

/** Datadog's own test agent, from the virtual environment that installTestAgent makes. */
export class TestAgent {
  readonly url: string
  readonly #process: ChildProcess

  private constructor(url: string, process: ChildProcess) {
    this.url = url
    this.#process = process
  }

  static async start(): Promise<TestAgent> {
    const [port, otlpHttp, otlpGrpc] = await freePorts(3)
    const args = [`--port=${port}`, `--otlp-http-port=${otlpHttp}`, `--otlp-grpc-port=${otlpGrpc}`]
    const options = { stdio: 'ignore', env: { ...process.env, DD_API_KEY: '', DD_SITE: '' } } as const
    const command = join(VENV, 'bin/ddapm-test-agent')
    const child = spawn(
      command,
      [...args, '--disable-llmobs-data-forwarding', '--max-requests=100000'],
      options,
    )
    const agent = new TestAgent(`http://127.0.0.1:${port}`, child)
    for (let tries = 0; ; tries++) {
      const up = await fetch(`${agent.url}/info`).catch(() => undefined)
      if (up?.ok) return agent
      if (tries === 200 || child.exitCode !== null) throw new Error('ddapm-test-agent did not start')
      await sleep(100)
    }
  }

  stop(): void {
    this.#process.kill()
  }

  async clear(): Promise<void> {
    await fetch(`${this.url}/test/session/clear`)
  }

  /** The LLMObs events of the payloads received so far, as they stand in the payloads. */
  async events(): Promise<LlmObsEvent[]> {
    const requests = (await this.#json('/test/session/requests')) as { url: string; body: string }[]
    return requests
      .filter(({ url }) => url.endsWith('/api/v2/llmobs'))
      .flatMap(({ body }) => JSON.parse(Buffer.from(body, 'base64').toString()))
      .flatMap((payload: { spans: LlmObsEvent[] }) => payload.spans)
  }

  /** What the agent's LLM Observability query API answers for a session: names of the spans. */
  async spansOfSession(sessionId: string): Promise<string[]> {
    const answer = (await this.#json('/api/unstable/llm-obs-query-rewriter/list?type=llmobs', {
      method: 'POST',
      body: JSON.stringify({ list: { limit: 1000, search: { query: `@session_id:${sessionId}` } } }),
    })) as { result: { events: { event: { custom: { name: string } } }[] } }
    return answer.result.events.map(({ event }) => event.custom.name)
  }

  async traces(): Promise<ApmSpan[]> {
    return ((await this.#json('/test/session/traces')) as ApmSpan[][]).flat()
  }

  async #json(path: string, init?: RequestInit): Promise<unknown> {
    const answer = await fetch(this.url + path, init)
    if (!answer.ok) throw new Error(`test agent: ${path} answered ${answer.status}`)
    return answer.json()
  }
}

/** Whether there is a Python to install the agent with. */
export function hasPython(): boolean {
  try {
    execFileSync('python3', ['-m', 'venv', '--help'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Makes the virtual environment and installs the agent, unless that was done before. */
export function installTestAgent(): void {
  if (existsSync(join(VENV, VERSION))) return
  rmSync(VENV, { recursive: true, force: true })
  execFileSync('python3', ['-m', 'venv', VENV], { stdio: 'inherit' })
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    `ddapm-test-agent==${VERSION}`,
  ]
  execFileSync(join(VENV, 'bin/python'), pip, { stdio: 'inherit' })
  writeFileSync(join(VENV, VERSION), '')
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import http, { type ClientRequest, type OutgoingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** An installed folder of test/versions, and the Node binary of its services. */
export interface Fixture {
  name: string
  directory: string
  node: string
  nodeMajor: string
}

export interface ServiceOptions {
  /** File of test/versions/apps. Default: dd-trace.cjs. */
  app?: string
  env?: Record<string, string>
  /** Modules for `--import`. Default: register. */
  imports?: string[]
}

interface SpanCounts {
  /** Spans with the session of their request. */
  right: number
  /** Spans with another session. */
  wrong: string[]
  /** Spans without the session of their request. */
  missing: string[]
}

/** The message of a service that is ready. Some apps add what they found. */
interface Report {
  port: number
  node: string
  during?: string[]
  after?: string[]
  firstParty?: Record<string, string>
  thirdParty?: Record<string, string>
  http1?: SpanCounts
  http2?: SpanCounts
}

export const REGISTER = '@rum-llmobs/node-span-processor/register'

/** An app in a process, with the packages and the Node of the fixture. */
export class Service {
  readonly port: number
  readonly report: Report
  readonly #child: ChildProcess

  private constructor(report: Report, child: ChildProcess) {
    this.port = report.port
    this.report = report
    this.#child = child
  }

  static async start(fixture: Fixture, options: ServiceOptions, agentUrl: string): Promise<Service> {
    const imports = options.imports ?? [REGISTER]
    const child = fork(join(fixture.directory, '.app', options.app ?? 'dd-trace.cjs'), {
      cwd: fixture.directory,
      execPath: fixture.node,
      execArgv: imports.flatMap((module) => ['--import', module]),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { PATH: process.env.PATH, ...ddTraceEnv(agentUrl), ...options.env },
    })
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => assert.fail(`the service exited with ${code} before it listened`)),
    ])) as [Report]
    assert.match(
      message.node,
      new RegExp(`^v${fixture.nodeMajor}\\.`),
      `the service runs on Node ${message.node}`,
    )
    return new Service(message, child)
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}/${path}`
  }

  async get(path: string, headers: OutgoingHttpHeaders = {}): Promise<string> {
    return answer(http.get(this.url(path), { headers, agent: false }))
  }

  /** Sends a body in two chunks, 10 ms apart. */
  async post(path: string, headers: OutgoingHttpHeaders, chunks: [string, string]): Promise<string> {
    const request = http.request(this.url(path), { method: 'POST', headers, agent: false })
    const body = answer(request)
    request.write(chunks[0])
    await sleep(10)
    request.end(chunks[1])
    return body
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }
}

async function answer(request: ClientRequest): Promise<string> {
  const [reply] = await once(request, 'response')
  const body = Buffer.concat(await reply.toArray()).toString()
  assert.equal(reply.statusCode, 200, body)
  return body
}

function ddTraceEnv(agentUrl: string): Record<string, string> {
  return {
    DD_TRACE_AGENT_URL: agentUrl,
    DD_SERVICE: 'versions',
    DD_LLMOBS_ENABLED: '1',
    DD_LLMOBS_ML_APP: 'versions',
    DD_INSTRUMENTATION_TELEMETRY_ENABLED: '0',
    DD_REMOTE_CONFIGURATION_ENABLED: '0',
    DD_TRACE_STARTUP_LOGS: '0',
    DD_CRASHTRACKING_ENABLED: '0',
  }
}

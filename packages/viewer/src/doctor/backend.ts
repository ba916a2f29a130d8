import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { tcpPortOf } from '../url-parts.js'

const POLL_MS = 100
const CONNECT_MS = 1000
const STOP_MS = 5000
const KILL_MS = 1000

/** The backend under examination: started here with its telemetry sent to the viewer, or one that runs already. */
export class Backend {
  private readonly child: ChildProcess | null
  private output = ''
  private failure: string | null = null

  constructor([program, ...args]: readonly string[], viewerUrl: string) {
    if (program === undefined) {
      this.child = null
      return
    }
    // A group of its own, so that what npm or a shell starts ends with it.
    this.child = spawn(program, args, {
      env: { ...process.env, ...telemetryEnv(viewerUrl) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    })
    const collect = (chunk: Buffer) => {
      this.output = (this.output + chunk.toString()).slice(-MAX_OUTPUT)
    }
    this.child.stdout?.on('data', collect)
    this.child.stderr?.on('data', collect)
    this.child.once('error', (error: NodeJS.ErrnoException) => {
      this.failure = error.code === 'ENOENT' ? `${program} is not a command` : error.message
    })
    this.child.once('exit', (code, signal) => {
      this.failure ??= `the backend ended with ${signal ?? `code ${code}`}`
    })
  }

  /** Resolves once the port of `url` takes connections; rejects when the backend ends first, or never does. */
  async answering(url: URL, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs
    while (!(await takesConnections(url))) {
      if (this.failure !== null) throw new Error(this.withOutput(this.failure))
      if (Date.now() > deadline) {
        throw new Error(this.withOutput(`nothing answers at ${url.host} after ${timeoutMs / 1000} s`))
      }
      await sleep(POLL_MS)
    }
    if (this.failure !== null) throw new Error(this.withOutput(this.failure))
  }

  /** Resolves once nothing of the backend runs; what ignores SIGTERM for 5 s is killed. */
  async stop(): Promise<void> {
    const { child } = this
    if (!child?.pid) return
    const termAt = Date.now()
    this.signal('SIGTERM')
    // What npm or a shell started may outlive it. A dead process that nobody waits for stays, hence the last limit.
    while (this.signal(0) && Date.now() < termAt + STOP_MS + KILL_MS) {
      if (Date.now() > termAt + STOP_MS) this.signal('SIGKILL')
      await sleep(POLL_MS)
    }
    child.stdout?.destroy()
    child.stderr?.destroy()
  }

  /** Whether there is a process that took it. */
  private signal(name: NodeJS.Signals | 0): boolean {
    const pid = this.child?.pid as number
    try {
      return process.kill(process.platform === 'win32' ? pid : -pid, name)
    } catch {
      return false
    }
  }

  private withOutput(message: string): string {
    return this.output ? `${message}\nIts last output:\n${this.output.trim()}` : message
  }
}

const MAX_OUTPUT = 2000

/**
 * Standard variables alone, so that the backend is examined as it is: LLM Observability is on where dd-trace is used, and
 * batches leave soon.
 */
function telemetryEnv(viewerUrl: string): NodeJS.ProcessEnv {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: viewerUrl,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${viewerUrl}/v1/traces`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    OTEL_BSP_SCHEDULE_DELAY: '500',
    DD_TRACE_AGENT_URL: viewerUrl,
    DD_LLMOBS_ENABLED: '1',
    DD_LLMOBS_AGENTLESS_ENABLED: '0',
    DD_LLMOBS_ML_APP: process.env.DD_LLMOBS_ML_APP ?? 'doctor',
    DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
    DD_REMOTE_CONFIGURATION_ENABLED: 'false',
  }
}

/** Tells whether anything listens where `url` points. */
export function takesConnections(url: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(tcpPortOf(url), url.hostname.replace(/^\[(.*)\]$/, '$1'))
    const done = (isOpen: boolean) => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', () => done(true)).once('error', () => done(false))
    socket.setTimeout(CONNECT_MS, () => done(false))
  })
}

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { listen } from './listen.js'

/** A child process. It is killed when this process exits. */
export class ServiceProcess {
  readonly #child: ChildProcess
  #output = ''

  constructor(command: string, args: string[], options: SpawnOptions = {}) {
    this.#child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output = (this.#output + chunk).slice(-100_000)
      })
    }
    this.#child.on('error', (error) => {
      this.#output += error.message
    })
    const end = () => this.#child.kill('SIGKILL')
    process.once('exit', end)
    this.#child.once('exit', () => process.removeListener('exit', end))
  }

  /** The last 100,000 characters of stdout and stderr. */
  get output(): string {
    return this.#output
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Polls `isReady` until it is true. Rejects with the output when the process exits or the time is up. */
  async ready(isReady: () => boolean | Promise<boolean>, seconds = 30): Promise<void> {
    const deadline = Date.now() + seconds * 1000
    while (this.isRunning && Date.now() < deadline) {
      if (await isReady()) return
      await sleep(50)
    }
    await this.kill()
    throw new Error(`${this.#child.spawnfile} did not start\n${this.#output.slice(-3000)}`)
  }

  /** Sends SIGTERM, after ten seconds SIGKILL. Resolves when the process has exited. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  /** Sends SIGKILL. Resolves when the process has exited. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    const insist = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    await exited
    clearTimeout(insist)
  }
}

/** Returns ports of 127.0.0.1 that nothing listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const urls = await Promise.all(servers.map((server) => listen(server)))
  for (const server of servers) server.close()
  return urls.map((url) => Number(new URL(url).port))
}

/** Tells whether the URL answers with success within one second. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

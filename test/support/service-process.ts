import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** One running program. Whatever is left of them ends with this process. */
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

  /** The last 100,000 characters that it printed. */
  get output(): string {
    return this.#output
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Resolves when `isReady` does so with true. Rejects, with the output, when the program ends or time is up. */
  async ready(isReady: () => boolean | Promise<boolean>, seconds = 30): Promise<void> {
    const deadline = Date.now() + seconds * 1000
    while (this.isRunning && Date.now() < deadline) {
      if (await isReady()) return
      await sleep(50)
    }
    await this.kill()
    throw new Error(`${this.#child.spawnfile} did not start\n${this.#output.slice(-3000)}`)
  }

  /** Asks it to end, and resolves when it has; insists after ten seconds. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  /** Ends it at once, without a chance to save anything. */
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

/** Ports of 127.0.0.1 that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  return servers.map((server) => {
    const address = server.address()
    server.close()
    return typeof address === 'object' && address ? address.port : 0
  })
}

/** Says whether the URL answers with success. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

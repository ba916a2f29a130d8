import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentBackend } from '../test/support/agent-backend.js'
import type { TimedCalls } from './call-times.js'
import { SteadyRequests } from './steady-requests.js'

export interface Load {
  /** Delay of the scripted model. With 0 the backend is always busy. */
  thinkingMs: number
  connections: number
  /** Pause between a switch and the next slice, in which earlier requests end. */
  settleMs: number
  /** Length of a slice. */
  sliceMs: number
}

/** Figures of one slice of time. */
export interface Slice {
  seconds: number
  /** CPU milliseconds of all threads of both processes; NaN outside Linux. */
  cpu: number
  /** Milliseconds of each answered request. */
  latencies: number[]
}

/** Four slices: two with OpenTelemetry alone, two with rum-llmobs on. */
export interface Round {
  off: Slice[]
  on: Slice[]
}

/** A backend under load, from start to stop. */
export class LoadedBackend {
  private constructor(
    readonly load: Load,
    readonly backend: AgentBackend,
    readonly requests: SteadyRequests,
    readonly hasSwitch: boolean,
  ) {}

  /** @param setUp - module that starts OpenTelemetry; null: none */
  static async start(
    load: Load,
    sinkUrl: string,
    setUp: string | null,
    isTimed = false,
  ): Promise<LoadedBackend> {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: sinkUrl,
      VIEWER_URL: sinkUrl,
      SCRIPTED_THINKING_MS: String(load.thinkingMs),
      ...(isTimed && { BENCH_TIMED: '1' }),
    }
    const backend = await AgentBackend.start({ setUp, env })
    return new LoadedBackend(
      load,
      backend,
      await SteadyRequests.start(backend.url, load.connections),
      setUp !== null,
    )
  }

  /** Runs both sides, because the engine needs thousands of requests to optimise them. */
  async warmUp(seconds: number): Promise<void> {
    for (let turn = 0; turn < seconds; turn++) {
      this.switchTo(turn % 2 === 0)
      await sleep(1000)
    }
  }

  async slices(seconds: number): Promise<Slice[]> {
    const slices: Slice[] = []
    const end = Date.now() + seconds * 1000
    while (slices.length < 2 || Date.now() < end) slices.push(await this.slice())
    return slices
  }

  async slice(): Promise<Slice> {
    await sleep(this.load.settleMs)
    this.requests.takeLatencies()
    const [cpu, began] = [this.#cpu(), performance.now()]
    await sleep(this.load.sliceMs)
    return {
      seconds: (performance.now() - began) / 1000,
      cpu: this.#cpu() - cpu,
      latencies: this.requests.takeLatencies(),
    }
  }

  /** Slices in the order off, on, on, off, or the reverse, so that a drift of the machine affects both sides equally. */
  async round(turn: number): Promise<Round> {
    const round: Round = { off: [], on: [] }
    const order =
      turn % 2 === 0 ? (['off', 'on', 'on', 'off'] as const) : (['on', 'off', 'off', 'on'] as const)
    for (const side of order) {
      this.switchTo(side === 'on')
      round[side].push(await this.slice())
    }
    return round
  }

  switchTo(on: boolean): void {
    if (!this.hasSwitch) return
    for (const { pid } of this.#processes) process.kill(pid, on ? 'SIGUSR2' : 'SIGHUP')
  }

  /** Stops the load and the processes. Returns the times that the processes printed. */
  async stop(): Promise<Record<string, TimedCalls>[]> {
    await this.requests.stop()
    await this.backend.stop()
    return this.#processes.map(({ output }) => JSON.parse(/^timed (.*)$/m.exec(output)?.[1] ?? '{}'))
  }

  get #processes() {
    return [this.backend.server, this.backend.research]
  }

  #cpu(): number {
    return this.#processes.reduce((sum, { pid }) => sum + cpuOf(pid), 0)
  }
}

/** CPU milliseconds of all threads of a process, from `schedstat`. */
function cpuOf(pid: number): number {
  const tasks = `/proc/${pid}/task`
  if (!existsSync(tasks)) return Number.NaN
  return readdirSync(tasks).reduce((sum, task) => sum + threadCpu(`${tasks}/${task}/schedstat`), 0)
}

function threadCpu(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').split(' ')[0]) / 1e6
  } catch {
    // The thread has ended.
    return 0
  }
}

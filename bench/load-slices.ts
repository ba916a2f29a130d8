import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentBackend } from '../test/support/agent-backend.js'
import type { TimedCalls } from './call-times.js'
import { SteadyRequests } from './steady-requests.js'

/** How the backend is loaded and for how long it is looked at. */
export interface Load {
  /** What the scripted model waits for each answer. Without a wait the backend is busy all the time. */
  thinkingMs: number
  connections: number
  /** Between switching and looking: the requests that began before are over by then. */
  settleMs: number
  sliceMs: number
}

/** What was seen in one slice of time. */
export interface Slice {
  seconds: number
  /** CPU milliseconds of both processes, all threads; NaN outside Linux. */
  cpu: number
  /** Milliseconds of each request that was answered. */
  latencies: number[]
}

/** One comparison: the slices with OpenTelemetry alone, and those with ours as well, in the order off on on off. */
export interface Round {
  otel: Slice[]
  ours: Slice[]
}

/** A backend under load, from start to stop. */
export class LoadedBackend {
  private constructor(
    readonly load: Load,
    readonly backend: AgentBackend,
    readonly requests: SteadyRequests,
    readonly hasOurs: boolean,
  ) {}

  /** @param setUp - the module that sets up OpenTelemetry, or null for none */
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

  /** Lets both sides run until their machine code is there, which takes thousands of requests. */
  async warmUp(seconds: number): Promise<void> {
    for (let turn = 0; turn < seconds; turn++) {
      this.switchOurs(turn % 2 === 0)
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

  /** Slices in the order off on on off, or the reverse, so that what drifts meets both sides alike. */
  async round(turn: number): Promise<Round> {
    const round: Round = { otel: [], ours: [] }
    const order =
      turn % 2 === 0 ? ([false, true, true, false] as const) : ([true, false, false, true] as const)
    for (const isOurs of order) {
      this.switchOurs(isOurs)
      round[isOurs ? 'ours' : 'otel'].push(await this.slice())
    }
    return round
  }

  switchOurs(on: boolean): void {
    if (!this.hasOurs) return
    for (const { pid } of this.#processes) process.kill(pid, on ? 'SIGUSR2' : 'SIGHUP')
  }

  /** Ends it, and returns the times that its processes printed. */
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

/** Milliseconds of CPU that the threads of a process have used, from the nanoseconds in `schedstat`. */
function cpuOf(pid: number): number {
  const tasks = `/proc/${pid}/task`
  if (!existsSync(tasks)) return Number.NaN
  return readdirSync(tasks).reduce((sum, task) => sum + threadCpu(`${tasks}/${task}/schedstat`), 0)
}

function threadCpu(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').split(' ')[0]) / 1e6
  } catch {
    // The thread ended meanwhile.
    return 0
  }
}

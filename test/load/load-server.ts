import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LoadResult } from './client.js'
import type { Sample, ServerMessage } from './server.js'
import type { SessionCounts } from './session-count.js'

const WINDOWS = 40
/** An agent, a tool and a model span. A streamed request adds a model span. */
const SPANS_PER_REQUEST = 3

export interface ServerLoadResult extends LoadResult {
  handled: number
  expectedSpans: number
  counts: SessionCounts
  /** Bytes of heap after a garbage collection, at the end of the first quarter. */
  heapStart: number
  /** Bytes of heap after a garbage collection, at the end of the run. */
  heapEnd: number
  /** Heap growth after the first quarter: slope of the line through the samples. */
  bytesPerRequest: number
  seconds: number
}

/** Sends `requests` requests from a client process to an instrumented server process. */
export async function loadServer(requests: number): Promise<ServerLoadResult> {
  const start = performance.now()
  const server = child('server.ts', [Math.max(1, Math.floor(requests / WINDOWS))])
  try {
    const { port } = await message<{ port: number }>(server)
    const load = child('client.ts', [port, requests])
    let sent: LoadResult
    try {
      sent = await message<LoadResult>(load)
    } finally {
      load.kill()
    }
    // Aborted streams still make spans for 5 ms.
    await new Promise((resolve) => setTimeout(resolve, 500))
    server.send('finish')
    const { handled, counts, samples } = await message<Extract<ServerMessage, { handled: number }>>(server)
    const settled = samples.slice(Math.floor(samples.length / 4))
    return {
      ...sent,
      handled,
      counts,
      expectedSpans: sent.sent * SPANS_PER_REQUEST + sent.streamed,
      heapStart: settled[0]?.heapUsed ?? Number.NaN,
      heapEnd: settled.at(-1)?.heapUsed ?? Number.NaN,
      bytesPerRequest: slope(settled),
      seconds: (performance.now() - start) / 1000,
    }
  } finally {
    server.kill()
  }
}

function child(file: string, args: number[]): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), args.map(String), {
    execArgv: ['--import', 'tsx', '--expose-gc'],
    env: {
      ...process.env,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    },
  })
}

function message<Message>(from: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    from.once('message', (received) => resolve(received as Message))
    from.once('exit', (code) => reject(new Error(`${from.spawnargs.at(-2)} ended with ${code}`)))
  })
}

/** Least squares. */
function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const x = mean(({ handled }) => handled)
  const y = mean(({ heapUsed }) => heapUsed)
  const covariance = mean(({ handled, heapUsed }) => (handled - x) * (heapUsed - y))
  return covariance / mean(({ handled }) => (handled - x) ** 2)
}

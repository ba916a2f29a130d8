import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SetUp } from './set-ups.js'

/** Where the apps and their packages are. */
export const ROOM = import.meta.dirname
export const MAIN = join(ROOM, '../../packages/viewer/dist/main.js')

const START_TIMEOUT_MS = 30_000

export function appArgs({
  imports,
  app = 'agent',
}: Partial<Pick<SetUp, 'app'>> & Pick<SetUp, 'imports'>): string[] {
  return [...imports.flatMap((module) => ['--import', module]), `apps/${app}.mjs`]
}

/** Starts a Node process and resolves once it listens on `port`. */
export async function startOn(port: number, args: string[], env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, { cwd: ROOM, env, stdio: 'ignore' })
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await isOpen(port))) {
    if (Date.now() > deadline || child.exitCode !== null) {
      child.kill()
      throw new Error(`${args.join(' ')} does not listen on ${port}`)
    }
    await sleep(100)
  }
  return child
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill()
  await exited
}

/** Where the telemetry of an app goes, and how soon. */
export function telemetryEnv(viewerPort: number): NodeJS.ProcessEnv {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${viewerPort}`,
    OTEL_BSP_SCHEDULE_DELAY: '500',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  }
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const opened = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  })
  socket.destroy()
  return opened
}

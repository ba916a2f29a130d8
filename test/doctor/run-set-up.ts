import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import type { SetUp } from './set-ups.js'

export interface Outcome {
  failed: string[]
  exitCode: number | null
  output: string
}

const TIMEOUT_S = '20'

/** Runs the built doctor, as a user would, on the backend of a set-up. */
export async function runSetUp(setUp: SetUp, modelUrl: string): Promise<Outcome> {
  const [port, viewerPort, nextPort] = await freePorts(3)
  const viewer = `http://127.0.0.1:${viewerPort}`
  const env = {
    ...process.env,
    MODEL_URL: modelUrl,
    PORT: String(port),
    OTEL_SERVICE_NAME: 'front',
    DD_SERVICE: 'front',
    DD_TRACE_STARTUP_LOGS: 'false',
  }
  let next: ChildProcess | undefined
  if (setUp.next) {
    next = spawn(process.execPath, appArgs(setUp.next), {
      env: {
        ...env,
        PORT: String(nextPort),
        OTEL_SERVICE_NAME: 'back',
        OTEL_EXPORTER_OTLP_ENDPOINT: viewer,
        OTEL_BSP_SCHEDULE_DELAY: '500',
      },
      stdio: 'ignore',
    })
  }
  const args = ['packages/viewer/dist/main.js', 'doctor', '--url', `http://127.0.0.1:${port}/api/chat`]
  args.push('--port', String(viewerPort), '--timeout', TIMEOUT_S)
  if (setUp.origin) args.push('--origin', setUp.origin)
  const doctor = spawn(process.execPath, [...args, '--', process.execPath, ...appArgs(setUp)], {
    env: {
      ...env,
      ...setUp.env,
      ...(setUp.next && { NEXT_AGENT_URL: `http://127.0.0.1:${nextPort}/` }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [doctor.stdout, doctor.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  }
  const [exitCode] = (await once(doctor, 'close')) as [number | null]
  if (next) {
    next.kill()
    await once(next, 'exit')
  }
  const failed = [...output.matchAll(/^FAIL {2}(.{27})/gm)].map(([, check]) => (check ?? '').trim())
  return { failed, exitCode, output }
}

function appArgs({ imports, app }: Pick<SetUp, 'imports' | 'app'>): string[] {
  return [...imports.flatMap((module) => ['--import', module]), `test/doctor/apps/${app}.mjs`]
}

async function freePorts(count: number): Promise<number[]> {
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

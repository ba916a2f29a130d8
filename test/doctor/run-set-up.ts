import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { freePorts, type ServiceProcess } from '../support/service-process.js'
import { appArgs, appCommand, MAIN, ROOM, startOn, telemetryEnv } from './processes.js'
import type { SetUp } from './set-ups.js'

export interface Outcome {
  failed: string[]
  exitCode: number | null
  output: string
}

const TIMEOUT_S = '20'
/** Of one run of the doctor; one that hangs ends without an exit code. */
const LIMIT_MS = 60_000

/** Runs the built doctor, as a user would, on the backend of a set-up. */
export async function runSetUp(setUp: SetUp, modelUrl: string, pythonBin: string): Promise<Outcome> {
  const [port = 0, viewerPort = 0, nextPort = 0] = await freePorts(3)
  const env = {
    ...process.env,
    MODEL_URL: modelUrl,
    PORT: String(port),
    OTEL_SERVICE_NAME: 'shop',
    DD_SERVICE: 'shop',
    DD_TRACE_STARTUP_LOGS: 'false',
    ...setUp.env,
    ...(setUp.next && { NEXT_AGENT_URL: `http://127.0.0.1:${nextPort}/` }),
  }
  const others: ServiceProcess[] = []
  try {
    if (setUp.next) {
      const nextEnv = {
        ...process.env,
        MODEL_URL: modelUrl,
        PORT: String(nextPort),
        OTEL_SERVICE_NAME: 'research',
      }
      others.push(await startOn(nextPort, appArgs(setUp.next), { ...nextEnv, ...telemetryEnv(viewerPort) }))
    }
    if (setUp.isRunning) {
      others.push(await startOn(port, appArgs(setUp), { ...env, ...telemetryEnv(viewerPort) }))
    }
    return await runDoctor(setUp, appCommand(setUp, pythonBin), env, port, viewerPort)
  } finally {
    await Promise.all(others.map((other) => other.stop()))
  }
}

async function runDoctor(
  setUp: SetUp,
  command: string[],
  env: NodeJS.ProcessEnv,
  port: number,
  viewerPort: number,
): Promise<Outcome> {
  const args = [MAIN, 'doctor', '--url', `http://127.0.0.1:${port}/api/chat`]
  args.push('--port', String(viewerPort), '--timeout', TIMEOUT_S)
  if (setUp.origin) args.push('--origin', setUp.origin)
  if (!setUp.isRunning) args.push('--', ...command)
  const doctor = spawn(process.execPath, args, {
    cwd: ROOM,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  let output = ''
  for (const stream of [doctor.stdout, doctor.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  }
  const [exitCode] = (await once(doctor, 'close')) as [number | null]
  const failed = [...output.matchAll(/^FAIL {2}(.{27})/gm)].map(([, check]) => (check ?? '').trim())
  return { failed, exitCode, output }
}

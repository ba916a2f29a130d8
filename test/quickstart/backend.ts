import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { OtlpRecorder } from '../support/otlp-recorder.js'
import { backends, DdAgent } from '../support/recorders.js'
import { answers, freePorts } from '../support/service-process.js'
import { countSpans } from '../support/session-counts.js'

const APPS = join(import.meta.dirname, 'apps')
const SECONDS = 30

/** Runs a start command as it stands, sends one request with a session, and returns why that is not joined. */
export async function tryBackend(folder: string, start: string, node: string): Promise<string | undefined> {
  const isCommonJs = start.includes('--require')
  const app = start.includes('dd-trace/') ? 'dd-trace.mjs' : `otel.${isCommonJs ? 'cjs' : 'mjs'}`
  cpSync(join(APPS, app), join(folder, 'app.js'))
  setModuleSystem(folder, isCommonJs ? 'commonjs' : 'module')
  const [recorder, agent, [port]] = await Promise.all([OtlpRecorder.start(), DdAgent.start(), freePorts(1)])
  const service = spawn('sh', ['-c', start], {
    cwd: folder,
    // The shell may keep Node as its child: the whole group has to end.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${dirname(node)}:${process.env.PATH}`,
      PORT: String(port),
      ...backends(recorder.url, agent.url),
    },
  })
  const output: string[] = []
  for (const stream of [service.stdout, service.stderr])
    stream?.setEncoding('utf8').on('data', (text) => output.push(text))
  try {
    const url = `http://127.0.0.1:${port}`
    const session = randomUUID()
    if (!(await until(() => answers(`${url}/none`), service))) return `does not start\n${output.join('')}`
    await fetch(`${url}/${session}`, { headers: { baggage: `session.id=${session}` } })
    const counts = () =>
      countSpans([
        ...[...recorder.accepted.values()].map((span) => ({ traceId: span.traceId, span })),
        ...agent.spans,
      ])
    await until(() => counts().spans > 0, service)
    const { spans, joined, wrong } = counts()
    if (joined === 1 && spans === 1 && wrong === 0) return undefined
    return `${spans} spans, ${joined} joined, ${wrong} wrong\n${output.join('')}`
  } finally {
    end(service)
    agent.stop()
    await recorder.stop()
  }
}

/** The package.json that npm makes leaves open what app.js is. */
function setModuleSystem(folder: string, type: 'commonjs' | 'module'): void {
  const file = join(folder, 'package.json')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), type }))
}

async function until(condition: () => boolean | Promise<boolean>, service: ChildProcess): Promise<boolean> {
  for (const deadline = Date.now() + SECONDS * 1000; Date.now() < deadline && service.exitCode === null; ) {
    if (await condition()) return true
    await sleep(100)
  }
  return false
}

function end({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

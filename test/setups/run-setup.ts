import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { OtlpRecorder } from '../support/otlp-recorder.js'
import { backends, DdAgent, Vendor } from '../support/recorders.js'
import { freePorts } from '../support/service-process.js'
import { countSpans, type SetupCounts, whatVendorGot } from '../support/session-counts.js'
import { startRedis } from './redis.js'
import type { Setup } from './setups.js'

const SESSIONS = 8
const REQUESTS_PER_SESSION = 3
const REQUESTS_WITHOUT = 8
// The agent, two calls of the model and a tool.
const SPANS_PER_ANSWER = 4

const START_TIMEOUT_MS = 60_000
const ANSWER_TIMEOUT_MS = 60_000
const SPANS_TIMEOUT_MS = 20_000

/** Starts the app of a set-up as a user would, sends it requests, and judges what its backends got. */
export async function runSetup(setup: Setup, folder: string, node: string): Promise<SetupCounts> {
  const [recorder, agent, vendor] = await Promise.all([OtlpRecorder.start(), DdAgent.start(), Vendor.start()])
  const redis = setup.usesRedis ? await startRedis() : undefined
  const elsewhere = mkdtempSync(join(tmpdir(), 'rum-llmobs-setup-'))
  const [port = 0] = await freePorts(1)
  const vendorHost = `--require ${join(folder, '.app/vendor-host.cjs')}`
  if (setup.build) execFileSync(node, setup.build.split(' '), { cwd: folder, stdio: 'pipe' })
  if (setup.isBundle) cpSync(join(folder, 'dist'), elsewhere, { recursive: true })
  const [command, ...given] = commandOf(setup, folder, node)
  const app = spawn(command, given, {
    cwd: setup.nodeOptions || setup.isBundle ? elsewhere : folder,
    // npm does not pass a signal on: the whole group has to end.
    detached: true,
    env: {
      PATH: `${dirname(node)}:${process.env.PATH}`,
      PORT: String(port),
      APP_VENDOR: vendor.url,
      APP_CONVENTION: setup.convention ?? 'gen_ai',
      ...(setup.usesHttpClient && { APP_HTTP_CLIENT: '1' }),
      ...(redis && { APP_REDIS: redis.url }),
      ...backends(recorder.url, agent.url),
      ...(setup.nodeOptions && { NODE_OPTIONS: `${vendorHost} ${inFolder(setup.nodeOptions, folder)}` }),
      ...setup.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = outputOf(app)
  try {
    await listening(app, port)
    const sessions = await sendRequests(port, setup)
    const received = () => [
      ...[...recorder.accepted.values()].map((span) => ({ traceId: span.traceId, span })),
      ...agent.spans,
    ]
    const requests = SESSIONS * REQUESTS_PER_SESSION + REQUESTS_WITHOUT
    const spans = await settled(received, requests * (setup.answers ?? 1) * SPANS_PER_ANSWER)
    const personal = [...sessions, 'jo@example.com', 'jo%40example.com', 'acct-4711']
    return { ...countSpans(spans), ...whatVendorGot(vendor.headers, personal) }
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${output()}`)
  } finally {
    endGroup(app)
    agent.stop()
    vendor.stop()
    await Promise.all([recorder.stop(), redis?.stop()])
    rmSync(elsewhere, { recursive: true, force: true })
  }
}

function commandOf({ start, app }: Setup, folder: string, node: string): [string, ...string[]] {
  const [command = '', ...given] = inFolder(start, folder).split(' ')
  if (command !== 'node') return [command, ...given]
  const own = given.map((each) => (each === 'app.js' ? `.app/${app}` : each))
  return [node, '--require', join(folder, '.app/vendor-host.cjs'), ...own]
}

const inFolder = (text: string, folder: string) => text.replaceAll('/app', folder)

/** All at once over few connections, so that requests of many sessions share them. Returns the sessions. */
async function sendRequests(port: number, setup: Setup): Promise<string[]> {
  const sessions = Array.from({ length: SESSIONS }, () => randomUUID())
  const none = Array.from({ length: REQUESTS_WITHOUT }, () => 'none')
  const expected = [...Array.from({ length: REQUESTS_PER_SESSION }, () => [...sessions]).flat(), ...none]
  const shuffled = expected.map((each, index) => ({ each, key: (index * 7) % expected.length }))
  shuffled.sort((a, b) => a.key - b.key)
  const client = setup.isHttp2 ? http2Client(port) : httpClient(port)
  await Promise.all(
    shuffled.map(async ({ each }) => {
      const personal =
        each === 'none' ? '' : `,session.id=${each},user.id=jo%40example.com,account.id=acct-4711`
      const request = setup.request?.(each) ?? { path: `/${each}` }
      const headers = { ...request.headers, baggage: `tenant=acme${personal}` }
      const { status, text } = await client.send({ ...request, headers })
      if (status !== 200) throw new Error(`the app answered ${status}: ${text}`)
    }),
  )
  client.close()
  return sessions
}

interface Client {
  send(
    request: ReturnType<NonNullable<Setup['request']>>,
  ): Promise<{ status: number | undefined; text: string }>
  close(): void
}

function httpClient(port: number): Client {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
  return {
    async send({ path, body, headers = {} }) {
      const request = http.request({
        host: '127.0.0.1',
        port,
        path,
        method: body ? 'POST' : 'GET',
        headers,
        agent,
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      })
      const [response] = (await once(request.end(body), 'response')) as [http.IncomingMessage]
      return { status: response.statusCode, text: (await response.toArray()).join('') }
    },
    close: () => agent.destroy(),
  }
}

/** One connection for all. */
function http2Client(port: number): Client {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  return {
    async send({ path, headers }) {
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
      const stream = session.request({ ...headers, ':path': path }, { signal })
      const [response] = (await once(stream, 'response')) as [{ ':status'?: number }]
      return { status: response[':status'], text: (await stream.toArray()).join('') }
    },
    close: () => session.close(),
  }
}

/** Waits until the app has exported `count` spans of LLM Observability and no more come. */
async function settled<Span extends { span: { kind: unknown } }>(
  received: () => Span[],
  count: number,
): Promise<Span[]> {
  const counted = () => received().filter(({ span }) => span.kind !== null).length
  const end = Date.now() + SPANS_TIMEOUT_MS
  for (let before = -1; Date.now() < end; ) {
    await sleep(600)
    const now = counted()
    if (now >= count && now === before) return received()
    before = now
  }
  throw new Error(`exported ${counted()} spans of LLM Observability, at least ${count} are expected`)
}

async function listening(app: ChildProcess, port: number): Promise<void> {
  const end = Date.now() + START_TIMEOUT_MS
  while (Date.now() < end && app.exitCode === null) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close'),
    ]).catch(() => false)
    socket.destroy()
    if (isOpen === true) return
    await sleep(100)
  }
  throw new Error(app.exitCode === null ? 'the app does not listen' : `the app ended with ${app.exitCode}`)
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

function outputOf(app: ChildProcess): () => string {
  const chunks: string[] = []
  app.stdout?.setEncoding('utf8').on('data', (text) => chunks.push(text))
  app.stderr?.setEncoding('utf8').on('data', (text) => chunks.push(text))
  return () => chunks.join('').slice(-4000)
}

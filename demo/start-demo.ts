import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { installPython } from './python-environment.js'

export const backends = ['otel', 'dd-trace', 'python'] as const
export type Backend = (typeof backends)[number]

export interface Demo {
  pageUrl: string
  viewerUrl: string
  /** Rejects when a service ends before `stop` is called. */
  failed: Promise<never>
  stop(): Promise<void>
}

/** What the research service's process gets in addition. */
export interface ResearchSetup {
  /** Modules that a Node process loads first. */
  imports: string[]
  env: NodeJS.ProcessEnv
}

const root = fileURLToPath(new URL('..', import.meta.url))

const flag = ['--import', '@rum-llmobs/node-span-processor/register']
const otelImports = [...flag, '--import', './demo/server/src/telemetry.ts']
const ddTraceImports = [...flag, '--import', './demo/node_modules/dd-trace/initialize.mjs']

interface Services {
  research: string[]
  server: string[]
}

const nodeServices: Record<'otel' | 'dd-trace', Services> = {
  otel: {
    research: [...otelImports, 'demo/server/src/research-service.ts'],
    server: [...otelImports, 'demo/server/src/main.ts'],
  },
  'dd-trace': {
    research: [...ddTraceImports, 'demo/server-dd-trace/src/research-service.ts'],
    server: [...ddTraceImports, 'demo/server-dd-trace/src/main.ts'],
  },
}

/** The commands that start the services of a backend. */
async function commands(backend: Backend, researchImports: string[]): Promise<Services> {
  if (backend === 'python') {
    const bin = await installPython()
    const ddtraceRun = [`${bin}/ddtrace-run`, `${bin}/python`]
    return {
      research: [...ddtraceRun, 'demo/server-python/research_service.py'],
      server: [...ddtraceRun, 'demo/server-python/main.py'],
    }
  }
  const { research, server } = nodeServices[backend]
  const imports = researchImports.flatMap((file) => ['--import', file])
  return { research: node([...imports, ...research]), server: node(server) }
}

function node(args: string[]): string[] {
  return [process.execPath, '--import', 'tsx', ...args]
}

/** Builds the packages and the chat page, a line for each. Rejects with the output of the command that failed. */
export async function build(): Promise<void> {
  process.stdout.write(await run(process.execPath, ['scripts/build.mjs']))
  await buildPage()
}

export async function buildPage(): Promise<void> {
  const started = performance.now()
  await run(process.execPath, ['demo/node_modules/vite/bin/vite.js', 'build', 'demo/web'])
  console.log(`built demo/web in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

/**
 * Starts the viewer, the research service and the agent's server, each in a process of its own, and resolves when all
 * of them listen. PORT and VIEWER_PORT fix the ports; without them each takes a free one.
 */
export async function startDemo(
  backend: Backend,
  research: ResearchSetup = { imports: [], env: {} },
): Promise<Demo> {
  const services = await commands(backend, research.imports)
  const children: ChildProcess[] = []
  let fail: (error: Error) => void
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject
  })
  failed.catch(() => {})
  let isStopping = false

  async function start(
    name: string,
    [command = '', ...args]: string[],
    env: NodeJS.ProcessEnv,
  ): Promise<string> {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    child.on('exit', (code, signal) => {
      if (!isStopping) fail(new Error(`the ${name} ended with ${signal ?? `code ${code}`}`))
    })
    return Promise.race([listeningUrl(child), failed])
  }

  async function stop(): Promise<void> {
    isStopping = true
    await Promise.all(children.map(end))
  }

  try {
    const viewerUrl = await start('viewer', node(['packages/viewer/src/main.ts']), {
      PORT: process.env.VIEWER_PORT ?? '0',
    })
    const env = { ...telemetryEnv(viewerUrl), ...(backend === 'python' && pythonEnv) }
    const researchUrl = await start('research service', services.research, {
      ...env,
      ...serviceName('research-service'),
      ...research.env,
      PORT: '0',
    })
    const pageUrl = await start('server', services.server, {
      ...env,
      ...serviceName('shop-server'),
      PORT: process.env.PORT ?? '0',
      RESEARCH_URL: researchUrl,
      VIEWER_URL: viewerUrl,
    })
    return { pageUrl, viewerUrl, failed, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Telemetry goes to the viewer, unless the standard variables already name another place. */
function telemetryEnv(viewerUrl: string): NodeJS.ProcessEnv {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? viewerUrl,
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '500',
    DD_TRACE_AGENT_URL: process.env.DD_TRACE_AGENT_URL ?? viewerUrl,
    DD_LLMOBS_ENABLED: '1',
    DD_LLMOBS_ML_APP: 'fernweh-outfitters',
    DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
    DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    DD_TRACE_STARTUP_LOGS: 'false',
  }
}

/** The services are called directly, whatever proxy the environment names. */
const pythonEnv: NodeJS.ProcessEnv = {
  DD_LLMOBS_AGENTLESS_ENABLED: 'false',
  DD_CODE_ORIGIN_FOR_SPANS_ENABLED: 'false',
  NO_PROXY: '127.0.0.1,localhost',
  no_proxy: '127.0.0.1,localhost',
}

function serviceName(name: string): NodeJS.ProcessEnv {
  return { OTEL_SERVICE_NAME: name, DD_SERVICE: name }
}

function listeningUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-1000)
      const url = /listening on (http:\/\/\S+)\n/.exec(output)?.[1]
      if (url) resolve(url)
    })
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await exited
  clearTimeout(timer)
}

async function run(command: string, args: string[]): Promise<string> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const collect = (chunk: Buffer) => {
    output += chunk
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed\n${output}`)
  return output
}

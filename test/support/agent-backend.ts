import { fileURLToPath } from 'node:url'
import { ServiceProcess } from './service-process.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const demoSetUp = ['@rum-llmobs/node-span-processor/register', './demo/server/src/telemetry.ts']

/** Number of LLM Observability spans of one answered question, both services together. */
export const SPANS_PER_REQUEST = 12

/** The demo's agent server, and the research service that one of its tools calls. */
export class AgentBackend {
  private constructor(
    readonly url: string,
    readonly server: ServiceProcess,
    readonly research: ServiceProcess,
  ) {}

  /**
   * Resolves when both services listen.
   *
   * @param port - of the agent server; default: a free port
   * @param setUp - module that starts OpenTelemetry; default: the demo's; null: none
   */
  static async start({
    env = {},
    port = 0,
    setUp,
  }: {
    env?: NodeJS.ProcessEnv
    port?: number
    setUp?: string | null
  }): Promise<AgentBackend> {
    const modules = setUp === undefined ? demoSetUp : setUp === null ? [] : [setUp]
    const preload = modules.flatMap((module) => ['--import', module])
    const research = start([...preload, 'demo/server/src/research-service.ts'], {
      ...env,
      OTEL_SERVICE_NAME: 'research-service',
      PORT: '0',
    })
    const server = start([...preload, 'demo/server/src/main.ts'], {
      ...env,
      OTEL_SERVICE_NAME: 'shop-server',
      PORT: String(port),
      RESEARCH_URL: await listeningUrl(research),
    })
    return new AgentBackend(await listeningUrl(server), server, research)
  }

  async stop(): Promise<void> {
    await this.server.stop()
    await this.research.stop()
  }

  async kill(): Promise<void> {
    await Promise.all([this.server.kill(), this.research.kill()])
  }
}

/** Starts the viewer. */
export async function startViewer(port: number): Promise<ServiceProcess> {
  const viewer = start(['packages/viewer/src/main.ts'], { PORT: String(port) })
  await listeningUrl(viewer)
  return viewer
}

function start(args: string[], env: NodeJS.ProcessEnv): ServiceProcess {
  return new ServiceProcess(process.execPath, ['--import', 'tsx', ...args], {
    cwd: root,
    env: {
      ...process.env,
      // The tests expect the answers of the scripted model.
      OPENAI_API_KEY: '',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_BSP_SCHEDULE_DELAY: '500',
      ...env,
    },
  })
}

async function listeningUrl(service: ServiceProcess): Promise<string> {
  const url = () => /listening on (http:\/\/\S+)\n/.exec(service.output)?.[1]
  await service.ready(() => url() !== undefined)
  return url() ?? ''
}

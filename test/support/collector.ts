import { fileURLToPath } from 'node:url'
import { collectorBinary } from './cached-tools.js'
import { answers, freePorts, ServiceProcess } from './service-process.js'

const folder = fileURLToPath(new URL('../../demo/collector/', import.meta.url))

/** The configurations of `demo/collector` in every documented combination. Later files are merged over earlier ones. */
export const configurations = [
  ['local.yaml'],
  ['local.yaml', 'conversation-id.yaml'],
  ['datadog.yaml'],
  ['datadog.yaml', 'conversation-id.yaml'],
  ['gateway-routing.yaml'],
  ['gateway-sampling.yaml'],
  ['gateway-sampling.yaml', 'session-from-server-span.yaml'],
  ['recover.yaml'],
  ['recover.yaml', 'to-datadog.yaml'],
  [
    'recover.yaml',
    'to-datadog.yaml',
    'conversation-id.yaml',
    'yaml:service::pipelines::traces::processors: [memory_limiter, transform/llmobs, transform/conversation_id]',
  ],
] as const

export interface CollectorPorts {
  grpc: number
  http: number
  health: number
}

/** A Collector on loopback with configurations of `demo/collector`. */
export class Collector {
  readonly grpcUrl: string
  readonly httpUrl: string
  readonly process: ServiceProcess

  private constructor({ grpc, http }: CollectorPorts, process: ServiceProcess) {
    this.grpcUrl = `http://127.0.0.1:${grpc}`
    this.httpUrl = `http://127.0.0.1:${http}`
    this.process = process
  }

  /** Resolves when the Collector is healthy. `ports` defaults to free ones. */
  static async start(
    files: readonly string[],
    env: NodeJS.ProcessEnv,
    ports?: CollectorPorts,
  ): Promise<Collector> {
    const [grpc = 0, http = 0, health = 0] = ports ? [] : await freePorts(3)
    const chosen = ports ?? { grpc, http, health }
    const service = new ServiceProcess(
      await collectorBinary(),
      // Every Collector would serve its metrics on port 8888.
      configArguments([...files, 'yaml:service::telemetry::metrics::level: none']),
      {
        env: {
          ...process.env,
          ...env,
          OTELCOL_GRPC_PORT: String(chosen.grpc),
          OTELCOL_HTTP_PORT: String(chosen.http),
          OTELCOL_HEALTH_PORT: String(chosen.health),
        },
      },
    )
    await service.ready(() => answers(`http://127.0.0.1:${chosen.health}`))
    return new Collector(chosen, service)
  }
}

/** Returns `--config` for each file of `demo/collector` and each `yaml:` setting. */
export function configArguments(files: readonly string[]): string[] {
  return files.flatMap((file) => ['--config', file.startsWith('yaml:') ? file : `${folder}${file}`])
}

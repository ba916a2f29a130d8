import { join } from 'node:path'
import { takesConnections } from '../../packages/viewer/src/doctor/backend.js'
import { ServiceProcess } from '../support/service-process.js'
import type { SetUp } from './set-ups.js'

/** Where the apps and their packages are. */
export const ROOM = import.meta.dirname
export const MAIN = join(ROOM, '../../packages/viewer/dist/main.js')

/** The command that starts the app of a set-up. */
export function appCommand({ python, ...setUp }: SetUp, pythonBin: string): string[] {
  return python
    ? python.map((part) => (part.includes('/') ? part : join(pythonBin, part)))
    : [process.execPath, ...appArgs(setUp)]
}

export function appArgs({ imports, app }: Pick<SetUp, 'imports' | 'app'>): string[] {
  return [...imports.flatMap((module) => ['--import', module]), `apps/${app ?? 'agent'}.mjs`]
}

/** Starts a Node process and resolves once it listens on `port`. */
export async function startOn(port: number, args: string[], env: NodeJS.ProcessEnv): Promise<ServiceProcess> {
  const service = new ServiceProcess(process.execPath, args, { cwd: ROOM, env })
  await service.ready(() => takesConnections(new URL(`http://127.0.0.1:${port}`)))
  return service
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

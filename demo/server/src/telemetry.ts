import { startTelemetry } from './start-telemetry.js'

const sdk = startTelemetry()

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => sdk.shutdown().finally(() => process.exit(0)))
}

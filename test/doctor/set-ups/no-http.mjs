// No HTTP instrumentation: no header is read, and no server span is made.
import { NodeSDK } from '@opentelemetry/sdk-node'

new NodeSDK().start()

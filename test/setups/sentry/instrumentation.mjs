import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { NodeSDK } from '@opentelemetry/sdk-node'
import * as Sentry from '@sentry/node'

new NodeSDK({ instrumentations: [new UndiciInstrumentation()] }).start()
Sentry.init({ dsn: process.env.SENTRY_DSN, tracesSampleRate: 1 })

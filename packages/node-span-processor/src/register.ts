/**
 * Side effect only: gives LLM Observability spans of OpenTelemetry and dd-trace the RUM session of their request, and
 * withholds the session from third-party hosts. The application does not change.
 *
 * ```sh
 * node --import @rum-llmobs/node-span-processor/register app.js
 * ```
 *
 * Serves every OpenTelemetry SDK that registers itself, before or after, like {@link LlmObsSessionSpanProcessor} and
 * {@link FirstPartyBaggagePropagator} with default options. Does nothing for a part that the application constructs.
 * Serves dd-trace like {@link bridgeDdTrace} with default options. The environment variable `RUM_LLMOBS_ALLOWED_HOSTS`
 * lists public first-party hosts, separated by commas: `api.example.com,*.example.org`.
 *
 * @throws TypeError for an invalid entry of `RUM_LLMOBS_ALLOWED_HOSTS`, which ends the process.
 *
 * @packageDocumentation
 */
import { bridgeDdTrace } from './dd-trace/index.js'
import { OtelRegistration } from './otel-registration.js'

bridgeDdTrace()
OtelRegistration.ofProcess().serve(globalThis)

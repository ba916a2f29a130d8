/**
 * Side effect only: gives LLM Observability spans of OpenTelemetry and of dd-trace the RUM session of their request,
 * and keeps the session from hosts that are not the user's. Nothing in the application changes.
 *
 * ```sh
 * node --import @rum-llmobs/node-span-processor/register app.js
 * ```
 *
 * Serves whatever OpenTelemetry SDK registers itself, before or after, as {@link LlmObsSessionSpanProcessor} and
 * {@link FirstPartyBaggagePropagator} with their defaults would; what the application makes of these itself, it keeps.
 * Serves dd-trace as {@link bridgeDdTrace} with its defaults. The environment variable `RUM_LLMOBS_ALLOWED_HOSTS` holds
 * the user's public hosts, separated by commas: `api.example.com,*.example.org`.
 *
 * @throws TypeError for an entry of `RUM_LLMOBS_ALLOWED_HOSTS` that is no host, which ends the process.
 *
 * @packageDocumentation
 */
import { bridgeDdTrace } from './dd-trace/index.js'
import { OtelRegistration } from './otel-registration.js'

bridgeDdTrace()
OtelRegistration.ofProcess().serve(globalThis)

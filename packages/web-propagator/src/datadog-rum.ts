import type { SessionProvider } from './session-provider.js'
import { warnOnce } from './warn-once.js'

/**
 * The part of Datadog's browser RUM SDK that is used: the same in version 5, 6 and 7, from npm or from the CDN. Both
 * methods are missing while the CDN's asynchronous snippet has not loaded the SDK yet.
 */
export interface DatadogRum {
  getInternalContext?(): { session_id?: string | undefined } | undefined
  getInitConfiguration?(): { allowedTracingUrls?: readonly unknown[] | undefined } | undefined
}

/**
 * Returns the current Datadog RUM session id at each call, and `undefined` whenever RUM has none: before and just
 * after `init`, sampled out, consent not granted, stopped or expired. Never throws. Warns once through OpenTelemetry's
 * `diag` if RUM traces requests itself (`allowedTracingUrls`), because two tracers on one request lose or double its
 * headers.
 *
 * @param rum - the RUM SDK, for pages where it is not global; by default `globalThis.DD_RUM`, looked up at each call,
 * so that RUM may load later than OpenTelemetry
 * @see https://docs.datadoghq.com/real_user_monitoring/application_monitoring/browser/
 *
 * @example
 * ```ts
 * new SessionBaggagePropagator({ sessionProvider: datadogRumSessionProvider(datadogRum) })
 * ```
 */
export function datadogRumSessionProvider(rum?: DatadogRum): SessionProvider {
  let initialized: DatadogRum | undefined
  return {
    getSessionId() {
      try {
        const current = rum ?? (globalThis as { DD_RUM?: DatadogRum }).DD_RUM
        if (current !== initialized) {
          const configuration = current?.getInitConfiguration?.()
          // A second copy of RUM takes the global as soon as it is imported, initialized or not.
          if (configuration) initialized = current
          if (configuration?.allowedTracingUrls?.length)
            warnOnce('RUM traces too: allowedTracingUrls must be empty')
        }
        return (initialized ?? current)?.getInternalContext?.()?.session_id
      } catch {
        // The page goes on without a session.
        return undefined
      }
    },
  }
}

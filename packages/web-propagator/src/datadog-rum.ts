import type { SessionProvider } from './session-provider.js'
import { warnOnce } from './warn-once.js'

/**
 * The part of Datadog's browser RUM SDK that this package uses. It is the same in versions 5, 6 and 7, from npm and from
 * the CDN. Both methods are missing until the CDN's asynchronous snippet has loaded the SDK.
 */
export interface DatadogRum {
  getInternalContext?(): { session_id?: string | undefined } | undefined
  getInitConfiguration?(): { allowedTracingUrls?: readonly unknown[] | undefined } | undefined
}

/**
 * Reads the Datadog RUM session id at each call. Returns `undefined` while RUM has none: until shortly after `init`,
 * sampled out, without consent, stopped or expired. Never throws.
 *
 * Warns once through OpenTelemetry's `diag` if RUM traces requests itself (`allowedTracingUrls`): two tracers on one
 * request lose or double its headers.
 *
 * @param rum - the RUM SDK, for pages where it is not global. The default is `globalThis.DD_RUM`, looked up at each
 * call, so RUM may load after OpenTelemetry.
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
          // Importing a second copy of RUM replaces the global, even if that copy is never initialized. Then the first one is asked on.
          if (configuration) initialized = current
          if (configuration?.allowedTracingUrls?.length)
            warnOnce('RUM traces too: allowedTracingUrls must be empty')
        }
        return (initialized ?? current)?.getInternalContext?.()?.session_id
      } catch {
        return undefined
      }
    },
  }
}

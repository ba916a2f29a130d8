import { env } from 'node:process'
import { hostMatcher } from './first-party-hosts.js'

/**
 * Reads public first-party hosts from the environment variable `RUM_LLMOBS_ALLOWED_HOSTS`, separated by commas.
 *
 * @throws TypeError for an invalid entry. The message names the variable and the entry.
 */
export function allowedHosts(): string[] {
  const entries = (env.RUM_LLMOBS_ALLOWED_HOSTS ?? '').split(',').map((entry) => entry.trim())
  const hosts = entries.filter((entry) => entry !== '')
  for (const host of hosts) {
    try {
      hostMatcher([host])
    } catch {
      throw new TypeError(
        "RUM_LLMOBS_ALLOWED_HOSTS must be hosts ('api.example.com') or '*.' and a domain ('*.example.com'), separated " +
          `by commas, without scheme, port and path: '${host}' is neither`,
      )
    }
  }
  return hosts
}

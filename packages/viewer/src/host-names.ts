import { isIP } from 'node:net'
import { hostname } from 'node:os'

const LOCAL_SUFFIX = /\.(?:localhost|internal|svc|cluster\.local)$/

/**
 * Tells whether a request's `Host` can be that of a page or client of this network. A page on a public name that was
 * rebound to this server's address (DNS rebinding) could read everything, and its name is what gives it away.
 *
 * @param ownNames what `--host` says
 */
export function isLocalHost(host: string | undefined, ownNames: readonly string[] = []): boolean {
  if (host === undefined) return true
  const name = hostnameOf(host)
  if (name === null) return false
  return (
    isIP(name) !== 0 ||
    !name.includes('.') ||
    LOCAL_SUFFIX.test(name) ||
    name === hostname().toLowerCase() ||
    ownNames.includes(name)
  )
}

function hostnameOf(host: string): string | null {
  const url = `http://${host}`
  if (!URL.canParse(url) || /[/?#@\\]/.test(host)) return null
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

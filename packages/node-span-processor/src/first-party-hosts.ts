import { BlockList, isIP, isIPv6 } from 'node:net'
import { URL } from 'node:url'
import { types } from 'node:util'
import { processState } from './process-state.js'
import { warnOnce } from './warn-once.js'

const PRIVATE_ADDRESSES = new BlockList()
// Loopback, private use and link-local: RFC 1122 3.2.1.3, RFC 1918, RFC 3927, and RFC 4291 2.5.3, RFC 4193, RFC 4291
// 2.5.6. A BlockList also matches IPv4-mapped IPv6 addresses.
PRIVATE_ADDRESSES.addSubnet('127.0.0.0', 8)
PRIVATE_ADDRESSES.addSubnet('10.0.0.0', 8)
PRIVATE_ADDRESSES.addSubnet('172.16.0.0', 12)
PRIVATE_ADDRESSES.addSubnet('192.168.0.0', 16)
PRIVATE_ADDRESSES.addSubnet('169.254.0.0', 16)
PRIVATE_ADDRESSES.addAddress('::1', 'ipv6')
PRIVATE_ADDRESSES.addSubnet('fc00::', 7, 'ipv6')
PRIVATE_ADDRESSES.addSubnet('fe80::', 10, 'ipv6')

// Reserved by RFC 6761 (.localhost), RFC 6762 (.local) and ICANN (.internal). Kubernetes services end in .svc and
// .cluster.local.
const PRIVATE_SUFFIXES = ['.localhost', '.local', '.internal', '.svc', '.cluster.local']

const MAX_REMEMBERED_HOSTS = 256
// DNS names have at most 253 characters.
const MAX_REMEMBERED_LENGTH = 300

/** Whether the authority of a URL (`host`, `host:port`, `user@host:port`) is a first-party host. Never throws. */
export type HostRule = (authority: string) => boolean

/**
 * Returns the rule for first-party hosts: private hosts, see {@link isPrivateHost}, and `allowedHosts`. An authority that
 * cannot be parsed is third-party. Remembers at most 256 results, because parsing a host costs more than the rest of
 * inject.
 *
 * @param allowedHosts see {@link hostMatcher}
 * @throws TypeError for an invalid entry. The message names the entry.
 */
export function hostRule(allowedHosts: unknown): HostRule {
  const isAllowed = hostMatcher(allowedHosts)
  const remembered = new Map<string, boolean>()
  return (authority) => {
    const known = remembered.get(authority)
    if (known !== undefined) return known
    const host = hostOf(authority)
    const isFirstParty = host !== undefined && (isPrivateHost(host) || isAllowed(host))
    if (remembered.size >= MAX_REMEMBERED_HOSTS) remembered.clear()
    if (authority.length <= MAX_REMEMBERED_LENGTH) remembered.set(authority, isFirstParty)
    return isFirstParty
  }
}

/**
 * Reports the first host from which the session is withheld, once per process. It may be a public first-party host that
 * is missing in `allowedHosts`. Never throws.
 */
export function warnWithheld(authority: string): void {
  const host = processState(
    'first host without session',
    () => hostOf(authority) ?? 'a host that cannot be read',
  )
  warnOnce(
    `The RUM session is not sent to ${host}, which is not a known first-party host. If it is one, add it to ` +
      'allowedHosts or RUM_LLMOBS_ALLOWED_HOSTS (for register and dd-trace). Further hosts are not reported.',
  )
}

/**
 * Returns the host of an authority such as `host:port` or `user@host`, in lower case and without brackets. Normalizes IP
 * addresses as URLs do: `127.1` and `0x7f000001` are `127.0.0.1`. Returns undefined for an invalid authority.
 */
export function hostOf(authority: string): string | undefined {
  if (isIPv6(authority)) return hostOf(`[${authority}]`)
  // An authority has no path, query or second URL. instrumentation-http writes an empty port for an absolute-form request
  // to a forward proxy: `http://squid` + `http://api.example.com/`.
  if (/[\s/\\?#]|:$/.test(authority)) return undefined
  try {
    // The URL parser rejects the zone of a link-local address (RFC 6874).
    const { hostname } = new URL(`http://${authority.replace(/^(\[[^\]%]*)%[^\]]*\]/, '$1]')}`)
    return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  } catch {
    return undefined
  }
}

/**
 * Whether a host is private: a loopback, private or link-local address, a name without a dot, or a name under .localhost,
 * .local, .internal, .svc or .cluster.local.
 *
 * @param host as {@link hostOf} returns it
 */
export function isPrivateHost(host: string): boolean {
  const family = isIP(host)
  if (family !== 0) return PRIVATE_ADDRESSES.check(host, family === 6 ? 'ipv6' : 'ipv4')
  if (!host.includes('.')) return true
  const name = `.${withoutRootDot(host)}`
  return PRIVATE_SUFFIXES.some((suffix) => name.endsWith(suffix))
}

/**
 * Returns a function that tests a host against `allowedHosts`. A string is a host, or `*.` and a domain: every name below
 * that domain at any depth, but not the domain itself. A RegExp is tested against the host in lower case, without port
 * and without a trailing dot.
 *
 * @throws TypeError for an invalid entry. The message names the entry.
 */
export function hostMatcher(allowedHosts: unknown): (host: string) => boolean {
  if (allowedHosts === undefined) return () => false
  if (!Array.isArray(allowedHosts)) throw new TypeError('allowedHosts must be an array')
  const matchers = allowedHosts.map((entry: unknown, index) => {
    const matcher = types.isRegExp(entry) ? patternMatcher(entry) : nameMatcher(entry)
    if (matcher !== undefined) return matcher
    throw new TypeError(
      `allowedHosts[${index}] must be a RegExp, a host ('api.example.com') or '*.' and a domain ('*.example.com'), ` +
        'without scheme, port and path',
    )
  })
  return (host) => {
    const name = withoutRootDot(host)
    return matchers.some((matches) => matches(name))
  }
}

function patternMatcher(pattern: RegExp): (host: string) => boolean {
  // test() with the flags g or y continues at lastIndex, search() does not. search() throws for a frozen RegExp, hence the copy.
  const copy = new RegExp(pattern)
  return (host) => host.search(copy) >= 0
}

function nameMatcher(entry: unknown): ((host: string) => boolean) | undefined {
  if (typeof entry !== 'string') return undefined
  const isWildcard = entry.startsWith('*.')
  const name = isWildcard ? entry.slice(2) : entry
  const isAddress = isIPv6(name.replace(/^\[(.*)\]$/, '$1'))
  if (/[*@%]|^\.|\.\./.test(name) || (name.includes(':') && !isAddress)) return undefined
  const host = hostOf(name)
  if (host === undefined || (isWildcard && isIP(host) !== 0)) return undefined
  const allowed = withoutRootDot(host)
  return isWildcard ? (candidate) => candidate.endsWith(`.${allowed}`) : (candidate) => candidate === allowed
}

function withoutRootDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host
}

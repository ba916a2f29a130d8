import { BlockList, isIP, isIPv6 } from 'node:net'
import { URL } from 'node:url'
import { types } from 'node:util'
import { processState } from './process-state.js'
import { warnOnce } from './warn-once.js'

const PRIVATE_ADDRESSES = new BlockList()
// Loopback, private use and link-local: RFC 1122 3.2.1.3, RFC 1918, RFC 3927, and RFC 4291 2.5.3, RFC 4193, RFC 4291
// 2.5.6. A BlockList also finds an IPv4 address that is written as an IPv6 one.
PRIVATE_ADDRESSES.addSubnet('127.0.0.0', 8)
PRIVATE_ADDRESSES.addSubnet('10.0.0.0', 8)
PRIVATE_ADDRESSES.addSubnet('172.16.0.0', 12)
PRIVATE_ADDRESSES.addSubnet('192.168.0.0', 16)
PRIVATE_ADDRESSES.addSubnet('169.254.0.0', 16)
PRIVATE_ADDRESSES.addAddress('::1', 'ipv6')
PRIVATE_ADDRESSES.addSubnet('fc00::', 7, 'ipv6')
PRIVATE_ADDRESSES.addSubnet('fe80::', 10, 'ipv6')

// .localhost and .local are reserved by RFC 6761 and RFC 6762, .internal by ICANN for private use; .svc and
// .cluster.local are Kubernetes services.
const PRIVATE_SUFFIXES = ['.localhost', '.local', '.internal', '.svc', '.cluster.local']

const MAX_REMEMBERED = 256

/** Says whether an authority of a URL (`host`, `host:port`, `user@host:port`) is a host of the user's. Never throws. */
export type HostRule = (authority: string) => boolean

/**
 * Returns the rule that says which hosts are the user's: loopback, private and link-local addresses, names without a
 * dot, names under .localhost, .local, .internal, .svc and .cluster.local, and `allowedHosts`. An authority that cannot
 * be read is not. Remembers at most 256 verdicts, because judging a host takes longer than the rest of inject.
 *
 * @param allowedHosts see {@link hostMatcher}
 * @throws TypeError for an invalid entry; the message names it.
 */
export function hostRule(allowedHosts: unknown): HostRule {
  const isAllowed = hostMatcher(allowedHosts)
  const verdicts = new Map<string, boolean>()
  return (authority) => {
    const known = verdicts.get(authority)
    if (known !== undefined) return known
    const host = hostOf(authority)
    const verdict = host !== undefined && (isPrivateHost(host) || isAllowed(host))
    if (verdicts.size >= MAX_REMEMBERED) verdicts.clear()
    // DNS allows no longer names.
    if (authority.length <= 300) verdicts.set(authority, verdict)
    return verdict
  }
}

/**
 * Names the first host from which the session is withheld, once per process: while `allowedHosts` does not name a
 * public host of the user's, that host gets no session either. Never throws.
 *
 * @param authority of the request
 */
export function warnWithheld(authority: string): void {
  const host = processState(
    'first host without session',
    () => hostOf(authority) ?? 'a host that cannot be read',
  )
  warnOnce(
    `The RUM session is not sent to ${host}, which is not known as a host of yours. If it is one, add it to ` +
      'allowedHosts or RUM_LLMOBS_ALLOWED_HOSTS (for register and dd-trace). Further hosts are not reported.',
  )
}

/**
 * Reads the host out of `host`, `host:port`, `user@host` or an IP address in any form a URL may have it, such as
 * `127.1` or `0x7f000001`: lower case, without brackets. Returns nothing for what is no authority of a URL.
 */
export function hostOf(authority: string): string | undefined {
  if (isIPv6(authority)) return hostOf(`[${authority}]`)
  // A path, a query or a second URL does not belong here, and an empty port is what instrumentation-http makes of an
  // absolute-form request to a forward proxy: `http://squid` + `http://api.example.com/`.
  if (/[\s/\\?#]|:$/.test(authority)) return undefined
  try {
    // The URL parser refuses the zone of a link-local address (RFC 6874).
    const { hostname } = new URL(`http://${authority.replace(/^(\[[^\]%]*)%[^\]]*\]/, '$1]')}`)
    return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  } catch {
    return undefined
  }
}

/**
 * Says whether a host is private by itself: a loopback, private or link-local address, a name without a dot, or a
 * name under .localhost, .local, .internal, .svc or .cluster.local.
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
 * Turns `allowedHosts` into a function that says whether a host is one of them. A string is a host, or `*.` and a
 * domain: every name below that domain, at any depth, and not the domain itself. A RegExp sees the host in lower
 * case, without port and without a trailing dot.
 *
 * @throws TypeError for an entry that is neither; the message names it.
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
  // A frozen one could not be searched with g or y.
  const copy = new RegExp(pattern)
  // With g or y, test() would start where its last match ended.
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

import { BlockList, isIP } from 'node:net'
import { hostname } from 'node:os'

const LOCAL_SUFFIX = /\.(?:localhost|local|internal|svc)$/

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
    ownNames.some((own) => own.toLowerCase() === name)
  )
}

/**
 * Tells whether a page of this origin may send here: one on a local name, or on a loopback or private address. Unlike
 * a `Host`, an origin at a public address is someone else's.
 *
 * @param ownNames what `--host` says
 */
export function isLocalOrigin(origin: string, ownNames: readonly string[] = []): boolean {
  const url = URL.canParse(origin) ? new URL(origin) : null
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return false
  return isPrivateHost(url.host, ownNames)
}

/**
 * Tells whether a host is of this network: a local name, or a loopback or private address.
 *
 * @param ownNames what `--host` says
 */
export function isPrivateHost(host: string, ownNames: readonly string[] = []): boolean {
  // Spans name an IPv6 address without brackets, URLs with them.
  const name = isIP(host) === 0 ? (hostnameOf(host) ?? '') : host
  const version = isIP(name)
  return version === 0 ? isLocalHost(name, ownNames) : PRIVATE.check(name, version === 6 ? 'ipv6' : 'ipv4')
}

/** Tells whether a server that listens on this host is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  const version = isIP(host)
  return version === 0
    ? /^(?:.+\.)?localhost$/i.test(host)
    : LOOPBACK.check(host, version === 6 ? 'ipv6' : 'ipv4')
}

const LOOPBACK = networks('127.0.0.0/8', '::1/128')
const PRIVATE = networks(
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'],
  ...['::1/128', 'fc00::/7', 'fe80::/10'],
)

function networks(...subnets: string[]): BlockList {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [address = '', bits] = subnet.split('/')
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}

function hostnameOf(host: string): string | null {
  const url = `http://${host}`
  if (!URL.canParse(url) || /[/?#@\\]/.test(host)) return null
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

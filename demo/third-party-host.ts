/** Loaded with --import: the host name in THIRD_PARTY_HOST leads to this machine. */
import dns from 'node:dns'

const lookup = dns.lookup as (hostname: string, ...rest: unknown[]) => void
const { THIRD_PARTY_HOST } = process.env
Object.assign(dns, {
  lookup: (hostname: string, ...rest: unknown[]) =>
    lookup(hostname === THIRD_PARTY_HOST ? '127.0.0.1' : hostname, ...rest),
})

/** Of a URL that is read for its host. Many spans can point at one long text. */
const MAX_URL = 2048

/** The host that a URL names; null for anything that is no URL. */
export function hostOf(url: string | undefined): string | null {
  const start = url?.slice(0, MAX_URL)
  return start !== undefined && URL.canParse(start) ? new URL(start).hostname : null
}

/** A URL without its origin and query; anything that is no URL as it is. */
export function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url
}

/** The port that a URL names, or that of its protocol. */
export function tcpPortOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80)
}

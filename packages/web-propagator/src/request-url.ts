import { type Context, SpanKind, trace } from '@opentelemetry/api'

/**
 * Says which cross-origin requests may carry the session.
 *
 * - string: an absolute origin, with or without a path prefix that ends at a segment. `https://api.example.com/chat`
 *   covers `/chat` and `/chat/x`, not `/chatty`.
 * - RegExp: tested against origin and path, without the query. Anchor it with `^`.
 * - function: gets the whole URL; only `true` allows, a throw does not.
 */
export type UrlMatcher = string | RegExp | ((url: URL) => boolean)

/**
 * Returns the URL of the client span in the context, as OpenTelemetry's fetch and XHR instrumentations record it, or
 * nothing: an unsampled span has no attributes, and the URL of another kind of span is the page's, not the request's.
 */
export function clientSpanUrl(context: Context): string | undefined {
  const span = trace.getSpan(context) as { kind?: SpanKind; attributes?: Record<string, unknown> } | undefined
  if (span?.kind !== SpanKind.CLIENT) return undefined
  const url = span.attributes?.['url.full'] ?? span.attributes?.['http.url']
  return typeof url === 'string' ? url : undefined
}

/**
 * Returns a function that says whether a request to a URL may carry the session: always on the page's own origin,
 * elsewhere if a matcher covers it; `undefined` if that is no URL.
 *
 * @throws {TypeError} naming the option, if a matcher is neither a RegExp, a function, nor an absolute URL
 */
export function destinationPolicy(allowedUrls: readonly UrlMatcher[]): (url: string) => boolean | undefined {
  if (!Array.isArray(allowedUrls)) throw new TypeError('allowedUrls must be an array')
  const matchers = allowedUrls.map(toPredicate)
  return (text) => {
    const { location, origin } = globalThis as { location?: Location; origin?: string }
    // A sandboxed document has the opaque origin "null", whatever its location says.
    const ownOrigin = origin === 'null' ? undefined : location?.origin
    // Decides nearly every request, without the cost of parsing: `/` ends the authority.
    if (ownOrigin && text.startsWith(ownOrigin) && text[ownOrigin.length] === '/') return true
    const url = parseUrl(text, location?.href)
    return url && (url.origin === ownOrigin || matchers.some((matches) => matches(url)))
  }
}

function toPredicate(matcher: UrlMatcher, index: number): (url: URL) => boolean {
  if (typeof matcher === 'function') {
    return (url) => {
      try {
        return matcher(new URL(url)) === true
      } catch {
        return false
      }
    }
  }
  // search() starts at 0 and leaves lastIndex alone, so that the flags g and y carry no state between requests.
  if (matcher instanceof RegExp) return (url) => (url.origin + url.pathname).search(matcher) >= 0

  const allowed = typeof matcher === 'string' && parseUrl(matcher)
  if (!allowed || allowed.origin + allowed.pathname !== allowed.href || allowed.host.includes('*')) {
    throw new TypeError(
      `allowedUrls[${index}] must be a RegExp, a function, or an absolute URL without query, fragment, credentials or wildcard`,
    )
  }
  const { href } = allowed
  const prefix = href.endsWith('/') ? href : `${href}/`
  return (url) => `${url.origin}${url.pathname}/`.startsWith(prefix)
}

function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}

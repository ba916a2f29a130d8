import { type Context, SpanKind, trace } from '@opentelemetry/api'

/**
 * Says which cross-origin requests may carry the session.
 *
 * - string: an absolute origin, with or without a path prefix that ends at a segment. `https://api.example.com/chat`
 *   covers `/chat` and `/chat/x`, not `/chatty`.
 * - RegExp: tested against origin and path, without the query. Anchor it with `^`.
 * - function: gets the whole URL; only `true` allows, a throw does not.
 *
 * @example
 * ```ts
 * const allowedUrls: UrlMatcher[] = ['https://api.example.com', (url) => url.hostname.endsWith('.example.com')]
 * ```
 */
export type UrlMatcher = string | RegExp | ((url: URL) => boolean)

/** A window or a worker; a test in Node.js has neither. */
const page: { location?: Location; origin?: string } = globalThis

/** The part of the SDK's span that the API does not show; a span that is not recorded has none of it. */
interface RecordedSpan {
  kind?: SpanKind
  attributes?: Record<string, unknown>
}

/**
 * Returns a function that says whether the request of a context may carry the session: always on the page's own
 * origin, elsewhere if a matcher covers it, and `whenUnknown` if the context does not tell where the request goes.
 *
 * @throws TypeError naming the option, if a matcher is invalid
 */
export function destinationPolicy(
  allowedUrls: readonly UrlMatcher[],
  whenUnknown: boolean,
): (context: Context) => boolean {
  if (!Array.isArray(allowedUrls)) throw new TypeError('allowedUrls must be an array')
  const matchers = allowedUrls.map(toPredicate)
  let ownPrefix: string | undefined
  return (context) => {
    const target = clientSpanUrl(context)
    if (typeof target !== 'string') return whenUnknown
    // A page keeps its origin.
    ownPrefix ??= ownOriginPrefix()
    // Spares nearly every request the parsing: nothing after the slash can change the origin. slice() is several
    // times as fast as startsWith().
    if (ownPrefix && target.slice(0, ownPrefix.length) === ownPrefix) return true
    const url = parseUrl(target, page.location?.href)
    return url ? `${url.origin}/` === ownPrefix || matchers.some((covers) => covers(url)) : whenUnknown
  }
}

/**
 * A sandboxed document has the opaque origin "null", whatever its location says; so has each URL of a scheme without
 * hosts. The location of a frame without a URL of its own (about:srcdoc) does not tell the origin that it inherits; only
 * there is `origin` asked, which a page may replace with a variable of that name.
 */
function ownOriginPrefix(): string | undefined {
  const { location, origin } = page
  const own = location?.protocol === 'about:' ? origin : location?.origin
  return own && own !== 'null' && origin !== 'null' ? `${own}/` : undefined
}

/** Only a client span tells the request's URL: on spans of user interaction or page load it is the page's. */
function clientSpanUrl(context: Context): unknown {
  const span = trace.getSpan(context) as RecordedSpan | undefined
  if (span?.kind !== SpanKind.CLIENT) return undefined
  return span.attributes?.['url.full'] ?? span.attributes?.['http.url']
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
  // search() leaves lastIndex alone, so that the flags g and y carry no state from one request to the next.
  if (matcher instanceof RegExp) return (url) => (url.origin + url.pathname).search(matcher) >= 0
  const allowed = parseUrl(matcher)
  if (!allowed || allowed.href !== allowed.origin + allowed.pathname || allowed.host.includes('*')) {
    throw new TypeError(`allowedUrls[${index}] must be an absolute URL, a RegExp or a function`)
  }
  const prefix = allowed.href.replace(/\/?$/, '/')
  return (url) => `${url.origin}${url.pathname}/`.startsWith(prefix)
}

function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}

import { type Context, type Span, type SpanKind, trace } from '@opentelemetry/api'
import { warnOnce } from './warn-once.js'

/**
 * Says which cross-origin requests may carry the session.
 *
 * - string: an absolute origin, optionally with a path prefix that ends at a segment. `https://api.example.com/chat`
 *   covers `/chat` and `/chat/x`, not `/chatty`.
 * - RegExp: tested against origin and path, without the query. Anchor it with `^`.
 * - function: gets the whole URL. Only the result `true` allows the request. A function that throws refuses it.
 *
 * @example
 * ```ts
 * const allowedUrls: UrlMatcher[] = ['https://api.example.com', (url) => url.hostname.endsWith('.example.com')]
 * ```
 */
export type UrlMatcher = string | RegExp | ((url: URL) => boolean)

/**
 * An absolute URL, as instrumentation writes it. The page may replace it by a path, a placeholder, or a form that
 * browsers complete (`http:x`, `https:\\x`). None of these shows the origin of the request.
 */
const ABSOLUTE_URL = /^(https?:\/\/[^\s\\/?#*]+)(?![^/?#])/i

/** Importing the enum would add all of its members to the bundle. */
const CLIENT: SpanKind.CLIENT = 2

/** The global of a window or a worker. Node.js has neither property. */
interface Page {
  location?: Location
  origin?: string
}

/** Properties of the SDK's spans that the API does not declare. A non-recording span lacks them. */
interface RecordedSpan extends Span {
  kind?: SpanKind
  attributes?: Record<string, unknown>
}

/**
 * Returns a function that decides whether the request of a context may carry the session. Same-origin requests always
 * may. Cross-origin requests may if a matcher covers the URL. If the context does not show the URL, `whenUnknown` decides.
 *
 * @throws TypeError that names the option, if a matcher is invalid
 */
export function destinationPolicy(
  allowedUrls: readonly UrlMatcher[],
  whenUnknown: boolean,
): (context: Context) => boolean {
  if (!Array.isArray(allowedUrls)) throw new TypeError('allowedUrls must be an array')
  const matchers = allowedUrls.map(toPredicate)
  return (context) => {
    const span = trace.getSpan(context) as RecordedSpan | undefined
    // Only a client span has the URL of the request. Spans of user interaction and page load have that of the page.
    const attributes = span?.kind === CLIENT ? span.attributes : undefined
    const text = attributes?.['url.full'] ?? attributes?.['http.url']
    // A sandboxed document has the opaque origin "null", whatever its location is. A frame without a URL (about:srcdoc)
    // has its origin in `origin` only. On other pages `origin` may be a variable of the page.
    const { location, origin }: Page = globalThis
    const ownOrigin = `${origin === 'null' || location?.protocol === 'about:' ? origin : location?.origin}`
    // ABSOLUTE_URL ends the origin at a delimiter, so the rest of the URL cannot change it.
    if (ABSOLUTE_URL.exec(text as string)?.[1] === ownOrigin) return true
    const url = absoluteUrl(text)
    if (url) return url.origin === ownOrigin || matchers.some((covers) => covers(url))
    if (!whenUnknown && span?.isRecording() === false) {
      warnOnce("No session on unsampled requests: whenUrlUnknown must be 'inject'")
    }
    return whenUnknown
  }
}

function toPredicate(matcher: UrlMatcher, index: number): (url: URL) => boolean | undefined {
  if (typeof matcher === 'function') {
    return (url) => {
      try {
        return matcher(new URL(url)) === true
      } catch {
        return undefined
      }
    }
  }
  // search() ignores lastIndex. With the flags g and y, test() would carry state from one request to the next.
  if (matcher instanceof RegExp) return (url) => (url.origin + url.pathname).search(matcher) >= 0
  const allowed = absoluteUrl(matcher)
  if (!allowed || allowed.href !== allowed.origin + allowed.pathname) {
    throw new TypeError(`allowedUrls[${index}] must be an absolute URL, a RegExp or a function`)
  }
  const prefix = allowed.href.replace(/\/?$/, '/')
  return (url) => `${url.origin}${url.pathname}/`.startsWith(prefix)
}

function absoluteUrl(text: unknown): URL | undefined {
  try {
    return ABSOLUTE_URL.test(text as string) ? new URL(text as string) : undefined
  } catch {
    return undefined
  }
}

import { type Context, type Span, type SpanKind, trace } from '@opentelemetry/api'
import { warnOnce } from './warn-once.js'

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

/**
 * An absolute URL, as instrumentation writes it. What the page puts in its place may be a path, a placeholder, or what a
 * browser takes for http without a host that is written out (`http:x`, `https:\\x`): it does not tell the origin.
 */
const ABSOLUTE_URL = /^(https?:\/\/[^\s\\/?#*]+)(?![^/?#])/i

/** Not imported, which would bring all kinds into the page's bundle. */
const CLIENT: SpanKind.CLIENT = 2

/** A window or a worker; a test in Node.js has neither. */
interface Page {
  location?: Location
  origin?: string
}

/** The part of the SDK's span that the API does not show; a span that is not recorded has none of it. */
interface RecordedSpan extends Span {
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
  return (context) => {
    const span = trace.getSpan(context) as RecordedSpan | undefined
    // Only a client span tells the request's URL: on spans of user interaction or page load it is the page's.
    const attributes = span?.kind === CLIENT ? span.attributes : undefined
    const text = attributes?.['url.full'] ?? attributes?.['http.url']
    // A sandboxed document has the opaque origin "null", whatever its location says. Only the location of a frame without
    // a URL (about:srcdoc) does not tell the origin: elsewhere the page may have a variable of the name `origin`.
    const { location, origin }: Page = globalThis
    const ownOrigin = `${origin === 'null' || location?.protocol === 'about:' ? origin : location?.origin}`
    // Nothing that follows an origin can change it.
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
  // search() leaves lastIndex alone, so that the flags g and y carry no state from one request to the next.
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

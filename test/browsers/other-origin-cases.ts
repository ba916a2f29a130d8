import { APP, type Case, other, own } from './case.js'

const LISTS_TRACEPARENT = '&allow=traceparent'
const LISTS_BOTH = '&allow=traceparent,baggage'
const SESSION = 'session.id=SESSION'

const WAYS = {
  fetchElsewhere: 'fetch',
  xhrElsewhere: 'XMLHttpRequest',
  keepaliveElsewhere: 'keepalive fetch',
}

/** Every combination of propagateTraceHeaderCorsUrls, allowedUrls and the headers that the CORS policy lists. */
const matrix: Case[] = [false, true].flatMap((propagates) =>
  [false, true].flatMap((allowed) =>
    ['', LISTS_TRACEPARENT, LISTS_BOTH].flatMap((query) =>
      Object.entries(WAYS).map(([action, way]): Case => {
        const fails = propagates && (query === '' || (allowed && query === LISTS_TRACEPARENT))
        const delivered = propagates ? other(allowed ? SESSION : '') : other('', 0)
        return {
          name: `${way}, other origin${propagates ? ', propagated to' : ''}${allowed ? ', allowed' : ''}, lists ${query.slice(7) || 'nothing'}`,
          action,
          setup: { propagates, allowed },
          query,
          result: fails ? 'TypeError' : 'ok',
          sent: fails ? [] : [delivered],
        }
      }),
    ),
  ),
)

const shown: Case[] = [
  {
    name: 'Other origin, with defaults',
    action: 'fetchElsewhere',
    sent: [other('', 0)],
    instead:
      'List both headers in its CORS policy, then add it to `propagateTraceHeaderCorsUrls` and `allowedUrls`',
  },
  {
    name: 'Other origin in `propagateTraceHeaderCorsUrls`',
    action: 'fetchElsewhere',
    setup: { propagates: true },
    query: LISTS_TRACEPARENT,
    sent: [other('')],
    instead: 'List `baggage` in its CORS policy, then add it to `allowedUrls`',
  },
  {
    name: 'Other origin in `allowedUrls` alone',
    action: 'fetchElsewhere',
    setup: { allowed: true },
    sent: [other('', 0)],
    instead: 'Add it to `propagateTraceHeaderCorsUrls` as well',
  },
  {
    name: 'Other origin in both, CORS policy lists both headers',
    action: 'fetchElsewhere',
    setup: { propagates: true, allowed: true },
    query: LISTS_BOTH,
    sent: [other(SESSION)],
    instead: '',
  },
  {
    name: 'Other origin in both, CORS policy lists `traceparent` alone',
    action: 'fetchElsewhere',
    setup: { propagates: true, allowed: true },
    query: LISTS_TRACEPARENT,
    result: 'TypeError',
    sent: [],
    instead: 'List `baggage` in `Access-Control-Allow-Headers` first',
  },
  {
    name: 'Other origin, `mode: no-cors`',
    action: 'noCorsElsewhere',
    setup: { propagates: true, allowed: true },
    sent: [other('', 0)],
  },
]

const reused: Case[] = [
  {
    name: 'fetch with a used init object for another origin',
    action: 'reusedInitElsewhere',
    query: LISTS_BOTH,
    sent: [own(SESSION), other('')],
    instead: '',
  },
  {
    name: 'init used again for another origin, `traceparent` listed',
    action: 'reusedInitElsewhere',
    query: LISTS_TRACEPARENT,
    sent: [own(SESSION), other('')],
  },
  {
    name: 'init with a `baggage` header used again for another origin',
    action: 'reusedOwnInitElsewhere',
    query: LISTS_BOTH,
    sent: [own(`${SESSION},${APP}`), other(APP)],
  },
  {
    name: 'init used again for another origin that is propagated to',
    action: 'reusedInitElsewhere',
    setup: { propagates: true },
    query: LISTS_TRACEPARENT,
    sent: [own(SESSION), other('')],
  },
  {
    name: 'Request made of another in the same task, for another origin that is propagated to',
    action: 'copiedRequestElsewhere',
    setup: { propagates: true },
    query: LISTS_TRACEPARENT,
    sent: [own(SESSION), other('')],
  },
  {
    name: 'fetch with an init object that went to another origin, for a URL in `ignoreUrls`',
    action: 'reusedInitIgnored',
    setup: { propagates: true, allowed: true, ignores: true },
    query: LISTS_BOTH,
    sent: [own(''), other(SESSION)],
  },
  {
    name: '`new Request(otherOrigin, usedRequest)`',
    action: 'usedRequestElsewhere',
    query: LISTS_BOTH,
    sent: [own(SESSION), other('')],
    instead: 'OpenTelemetry leaves its `traceparent` there',
  },
  {
    name: 'Request made of a used one, other origin lists `traceparent`',
    action: 'usedRequestElsewhere',
    query: LISTS_TRACEPARENT,
    sent: [own(SESSION), other('')],
  },
  {
    name: '`new Request(otherOrigin, request)` in the same task as `fetch(request)`',
    action: 'copiedRequestElsewhere',
    query: LISTS_BOTH,
    sent: [own(SESSION), other(SESSION)],
    instead: 'Make the copy before `fetch`, or of the init object',
  },
  {
    name: 'Request made of another in the same task, other origin lists `traceparent`',
    action: 'copiedRequestElsewhere',
    query: LISTS_TRACEPARENT,
    result: 'TypeError',
    sent: [own(SESSION)],
    breaks: 'the browser copies the headers of the first Request before the propagator has restored them',
  },
]

const beyondReach: Case[] = [
  {
    name: 'Own origin redirects to another one, CORS policy lists both headers',
    action: 'redirected',
    query: LISTS_BOTH,
    sent: [own(SESSION), other(SESSION)],
    instead:
      'The browser takes all headers along: call the other origin directly if it must not see the session',
  },
  {
    name: 'Own origin redirects to another one, CORS policy lists `traceparent` alone',
    action: 'redirected',
    query: LISTS_TRACEPARENT,
    result: 'TypeError',
    sent: [own(SESSION)],
    instead:
      'List `baggage` there, call the other origin directly, or add the URL to `ignoreUrls` ([how](#rum-traces-the-same-requests))',
    breaks: 'the browser keeps all headers when it follows a redirect',
  },
  {
    name: 'Entries in the context, other origin lists both headers',
    action: 'fetchElsewhereEntries',
    setup: { propagates: true },
    query: LISTS_BOTH,
    sent: [other('tenant=a%20b')],
    instead: '',
  },
  {
    name: 'Entries in the context, other origin lists `traceparent` alone',
    action: 'fetchElsewhereEntries',
    setup: { propagates: true },
    query: LISTS_TRACEPARENT,
    result: 'TypeError',
    sent: [],
    instead: 'The same with `W3CBaggagePropagator`: list `baggage`, or set no entries for that request',
    breaks: 'the propagator writes the entries of the context, as W3CBaggagePropagator does',
  },
]

/** Requests that reach another origin. */
export const otherOriginCases: readonly Case[] = [...shown, ...matrix, ...reused, ...beyondReach]

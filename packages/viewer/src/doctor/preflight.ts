import type { DoctorCommand } from '../command-line.js'
import type { Row } from './checks.js'

/** What RUM, and OpenTelemetry's fetch instrumentation, add to a request, by who needs it. */
const ADDED = {
  session: ['baggage'],
  'OpenTelemetry or RUM': ['traceparent', 'tracestate'],
  'RUM with tracingHeaderTypes datadog': [
    'x-datadog-trace-id',
    'x-datadog-parent-id',
    'x-datadog-origin',
    'x-datadog-sampling-priority',
  ],
}

/** Asks the preflight as a browser would, for a page of another origin; https://fetch.spec.whatwg.org/#cors-preflight-fetch. */
export async function checkPreflight({ url, origin, method, headers, timeoutMs }: DoctorCommand): Promise<Row> {
  const check = 'preflight'
  if (origin === url.origin) {
    return {
      check,
      result: 'ok',
      found: `the page has the origin of the endpoint, ${origin}: none is sent`,
      mend: '',
    }
  }
  const wanted = { 'the request itself': ['content-type', ...headers.map(([name]) => name)], ...ADDED }
  let response: Response
  try {
    response = await fetch(url, {
      method: 'OPTIONS',
      // A browser follows no redirect here; https://fetch.spec.whatwg.org/#cors-preflight-fetch.
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': Object.values(wanted).flat().toSorted().join(','),
      },
    })
    await response.arrayBuffer()
  } catch (error) {
    return { check, result: 'fail', found: `no answer: ${causeOf(error)}`, mend: 'Answer OPTIONS.' }
  }
  const allowedOrigin = response.headers.get('access-control-allow-origin')
  if (!response.ok || (allowedOrigin !== '*' && allowedOrigin !== origin)) {
    return {
      check,
      result: 'fail',
      found: `${response.status}, allowed origin ${allowedOrigin ?? 'none'}: a browser sends no request from ${origin}`,
      mend: `Answer OPTIONS with 204 and access-control-allow-origin: ${origin}.`,
    }
  }
  const allowed = (response.headers.get('access-control-allow-headers') ?? '').toLowerCase().split(/\s*,\s*/)
  // The wildcard stands for every header but one; https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name.
  const isAllowed = (name: string) =>
    allowed.includes(name) || (allowed.includes('*') && name !== 'authorization')
  const refused = Object.entries(wanted).flatMap(([by, names]) => {
    const missing = names.filter((name) => !isAllowed(name))
    return missing.length > 0 ? [`${missing.join(', ')} (${by})`] : []
  })
  const carriesSession = [...wanted['the request itself'], ...ADDED.session].every(isAllowed)
  return {
    check,
    result: carriesSession ? (refused.length > 0 ? 'note' : 'ok') : 'fail',
    found:
      refused.length === 0
        ? `${origin} may send baggage, traceparent, tracestate and x-datadog-*`
        : `not allowed from ${origin}: ${refused.join('; ')}`,
    mend:
      refused.length === 0
        ? ''
        : 'Name them in access-control-allow-headers: a browser blocks the whole request otherwise.',
  }
}

export function causeOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { message?: string; code?: string } }
  return cause?.code ?? cause?.message ?? message
}

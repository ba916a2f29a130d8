import type { DoctorCommand } from '../command-line.js'
import type { Row } from './checks.js'

/** What each sender adds to a request beside `baggage`. */
const SENDERS: Record<string, string[]> = {
  OpenTelemetry: ['traceparent'],
  'RUM with datadog headers': [
    'traceparent',
    'tracestate',
    'x-datadog-origin',
    'x-datadog-parent-id',
    'x-datadog-sampling-priority',
    'x-datadog-trace-id',
  ],
}
/** Need no leave; https://fetch.spec.whatwg.org/#cors-safelisted-method. */
const SAFE_METHODS = ['GET', 'HEAD', 'POST']

/** Why a browser blocks a request, and what lets it pass. */
interface Refusal {
  found: string
  mend: string
}

/**
 * Asks the preflights as a browser would, for a page of another origin. Each sender has its own, because some servers
 * refuse the whole preflight for one header.
 */
export async function checkPreflight(command: DoctorCommand): Promise<Row> {
  const check = 'preflight'
  const { url, origin } = command
  if (origin === url.origin) {
    return {
      check,
      result: 'ok',
      found: `the page has the origin of the endpoint, ${origin}: none is sent`,
      mend: '',
    }
  }
  const passed: string[] = []
  const refused: (Refusal & { sender: string })[] = []
  for (const [sender, added] of Object.entries(SENDERS)) {
    const refusal = await ask(command, ['baggage', ...added])
    if (refusal) refused.push({ sender, ...refusal })
    else passed.push(sender)
  }
  const isAlike = passed.length === 0 && new Set(refused.map(({ found }) => found)).size === 1
  return {
    check,
    result: passed.length === 0 ? 'fail' : refused.length > 0 ? 'note' : 'ok',
    found: [
      ...(passed.length > 0
        ? [`${origin} may send baggage beside the headers of ${passed.join(' and ')}`]
        : []),
      ...(isAlike ? refused.slice(0, 1) : refused).map(({ sender, found }) =>
        isAlike ? found : `${sender}: ${found}`,
      ),
    ].join('; '),
    mend: refused[0]?.mend ?? '',
  }
}

/** One preflight; https://fetch.spec.whatwg.org/#cors-preflight-fetch. Resolves with null where it lets the request pass. */
async function ask(
  { url, origin, method, headers, timeoutMs }: DoctorCommand,
  added: string[],
): Promise<Refusal | null> {
  const names = [...new Set(['content-type', ...headers.map(([name]) => name), ...added])].sort()
  let response: Response
  try {
    response = await fetch(url, {
      method: 'OPTIONS',
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': names.join(','),
      },
    })
    await response.arrayBuffer()
  } catch (error) {
    return { found: `no answer: ${causeOf(error)}`, mend: 'Answer OPTIONS.' }
  }
  const { status } = response
  if (status >= 300 && status < 400) {
    return {
      found: `${status}: a browser follows no redirect of a preflight`,
      mend: 'Answer OPTIONS with 204.',
    }
  }
  const allowedOrigin = response.headers.get('access-control-allow-origin')
  if (!response.ok || (allowedOrigin !== '*' && allowedOrigin !== origin)) {
    return {
      found: `${status}, allowed origin ${allowedOrigin ?? 'none'}: a browser sends no request from ${origin}`,
      mend: `Answer OPTIONS with 204 and access-control-allow-origin: ${origin}, and name the headers in access-control-allow-headers.`,
    }
  }
  const methods = listOf(response, 'access-control-allow-methods')
  if (![...SAFE_METHODS, ...methods].includes(method) && !methods.includes('*')) {
    return {
      found: `not allowed from ${origin}: method ${method}`,
      mend: 'Name it in access-control-allow-methods.',
    }
  }
  const allowed = listOf(response, 'access-control-allow-headers').map((name) => name.toLowerCase())
  // The wildcard stands for every header but one; https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name.
  const missing = names.filter(
    (name) => !allowed.includes(name) && !(allowed.includes('*') && name !== 'authorization'),
  )
  if (missing.length === 0) return null
  return {
    found: `not allowed from ${origin}: ${missing.join(', ')}`,
    mend: 'Name them in access-control-allow-headers: a browser blocks the whole request otherwise.',
  }
}

function listOf(response: Response, header: string): string[] {
  return (response.headers.get(header) ?? '').split(',').map((entry) => entry.trim())
}

export function causeOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { message?: string; code?: string } }
  return cause?.code ?? cause?.message ?? message
}

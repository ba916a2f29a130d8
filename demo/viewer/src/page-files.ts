import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { datadogAppUrl } from './datadog-links.js'

const FILES: Readonly<Record<string, [file: string, contentType: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
}

const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** Answers with the page, one of its files, or 404. */
export async function servePage(
  pathname: string,
  response: ServerResponse,
  { datadogSite }: { datadogSite: string | undefined },
): Promise<void> {
  if (pathname === '/config.json') {
    const datadog = datadogSite === undefined ? null : datadogAppUrl(datadogSite)
    response
      .writeHead(200, { ...SECURITY_HEADERS, 'content-type': 'application/json' })
      .end(JSON.stringify({ datadog }))
    return
  }
  const [file, contentType] = (Object.hasOwn(FILES, pathname) && FILES[pathname]) || []
  if (!file || !contentType) {
    response.writeHead(404, { ...SECURITY_HEADERS, 'content-type': 'text/plain' }).end('not found\n')
    return
  }
  const body = await readFile(new URL(`../page/${file}`, import.meta.url))
  response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': contentType }).end(body)
}

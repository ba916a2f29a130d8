import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { launchChromium } from '../../scripts/chromium/launch-chromium.js'
import { listen } from '../support/listen.js'

const VITE = join(import.meta.dirname, 'node_modules/vite/bin/vite.js')
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' }

/** Builds the files of a page with Vite, opens it in Chromium, and returns why a request of it carries no session. */
export async function tryPage(folder: string, files: Iterable<string>): Promise<string | undefined> {
  const imports = [...files].map((file) => `import './${file}'`)
  writeFileSync(join(folder, 'main.js'), [...imports, RUM].join('\n'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="/main.js"></script>')
  await promisify(execFile)(process.execPath, [VITE, 'build', folder, '--logLevel=error'])

  const site = createServer((request, response) => {
    if (request.url === '/chat') return response.end(request.headers.baggage ?? '')
    const file = request.url === '/' ? '/index.html' : (request.url ?? '')
    response.setHeader('content-type', TYPES[extname(file)] ?? 'text/plain')
    response.end(readFileSync(join(folder, 'dist', file)))
  })
  const url = await listen(site)
  // RUM's intake is not on this machine.
  const said: string[] = []
  const browser = await launchChromium({ args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'] })
  try {
    const page = await browser.newPage()
    page.on('console', (message) => said.push(message.text()))
    await page.goto(url)
    await page.waitForFunction('DD_RUM.getInternalContext()')
    const session = await page.evaluate('DD_RUM.getInternalContext().session_id')
    const baggage = await page.evaluate('fetch("/chat").then((response) => response.text())')
    return baggage === `session.id=${session}` ? undefined : `the baggage header is "${baggage}"`
  } catch (error) {
    return [error, ...said].join('\n')
  } finally {
    await browser.close()
    site.closeAllConnections()
    site.close()
  }
}

/** RUM as the page has it before, where the recipe itself does not start it. */
const RUM = `
import { datadogRum } from '@datadog/browser-rum'

if (!datadogRum.getInitConfiguration()) {
  datadogRum.init({ applicationId: '<your application id>', clientToken: '<your client token>' })
}`

import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'esbuild'
import { type Browser, launchChromium, type Page } from '../../../scripts/chromium/launch-chromium.js'
import type { Session } from '../src/telemetry.js'
import { RunningViewer } from './running-viewer.js'

describe('what the RUM browser SDK sends', () => {
  let viewer: RunningViewer
  let site: Server
  let browser: Browser

  before(async function () {
    this.timeout(60_000)
    const [script] = await Promise.all([
      rumScript(),
      RunningViewer.start().then((started) => (viewer = started)),
    ])
    site = createServer((request, response) => {
      if (request.url === '/rum.js') response.setHeader('content-type', 'text/javascript').end(script)
      else if (request.url?.startsWith('/api/')) response.statusCode = 503
      else response.setHeader('content-type', 'text/html').write(SHOP)
      response.end()
    })
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
    browser = await launchChromium()
  })
  after(async () => {
    await browser?.close()
    site?.close()
    site?.closeAllConnections()
    await viewer?.stop()
  })

  /** A visitor's own browser profile, so a session of their own. */
  async function open(parameters: string): Promise<Page> {
    const page = await (await browser.createBrowserContext()).newPage()
    const { port } = site.address() as AddressInfo
    await page.goto(`http://127.0.0.1:${port}/?intake=${viewer.url}/rum&${parameters}`)
    await page.waitForSelector('body[data-session]')
    return page
  }

  const sessionOf = (page: Page) => page.$eval('body', (body) => body.dataset.session as string)

  it('becomes a session with its views, actions, requests and errors', async () => {
    const page = await open('')
    const id = await sessionOf(page)
    await page.click('#pay')
    await page.waitForSelector('body[data-paid]')
    // Leaving makes RUM send what it has, as a beacon.
    await page.goto('about:blank')

    const { sessions } = await viewer.stateWhen((state) =>
      state.sessions.some((session) => session.id === id),
    )
    const session = sessions.find((session) => session.id === id) as Session
    assert.deepEqual(
      session.views.map(({ name }) => name),
      ['Shop', 'Checkout'],
    )
    const [shop, checkout] = session.views
    assert.ok(shop && checkout && shop.timeSpentMs > 0 && shop.timeSpentMs < 60_000)
    assert.deepEqual(
      session.actions.map(({ name, type, viewId }) => [name, type, viewId]),
      [['Pay now', 'click', shop.id]],
    )
    const request = session.resources.find(({ type }) => type === 'xhr')
    assert.deepEqual([request?.method, request?.status], ['POST', 503])
    assert.equal(new URL(request?.url ?? '').pathname, '/api/pay')
    assert.ok(request && request.durationMs > 0 && request.durationMs < 10_000)
    assert.deepEqual(
      session.errors.map(({ message, viewId }) => [message, viewId]),
      [['Card declined', checkout.id]],
    )
    assert.equal(session.startedAt, shop.startedAt)
    assert.ok(session.lastSeenAt >= checkout.startedAt)
  })

  it('is read when the SDK compresses it', async () => {
    const page = await open('compress')
    const id = await sessionOf(page)
    const sent = page.waitForRequest((request) => request.url().includes('dd-evp-encoding%3Ddeflate'))
    await page.evaluate("for (let step = 0; step < 60; step++) DD_RUM.addAction('step ' + step)")
    await sent
    const { sessions } = await viewer.stateWhen((state) =>
      state.sessions.some((session) => session.id === id),
    )
    const { actions } = sessions.find((session) => session.id === id) as Session
    assert.ok(actions.length > 20)
    assert.deepEqual([actions[7]?.name, actions[7]?.type], ['step 7', 'custom'])
  })
})

const SHOP = `<!doctype html><title>Shop</title><button id="pay">Pay now</button><script type="module" src="/rum.js"></script>`

/** A page with RUM as its users set it up; `pay` leads to a request, another view and an error. */
async function rumScript(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      resolveDir: import.meta.dirname,
      contents: `
        import { datadogRum } from '@datadog/browser-rum'
        const parameters = new URLSearchParams(location.search)
        datadogRum.init({
          applicationId: '00000000-0000-4000-8000-000000000000',
          clientToken: 'pub00000000000000000000000000000000',
          proxy: parameters.get('intake'),
          compressIntakeRequests: parameters.has('compress'),
          sessionSampleRate: 100,
          trackUserInteractions: true,
          trackViewsManually: true,
        })
        datadogRum.startView('Shop')
        document.getElementById('pay').onclick = () => {
          const request = new XMLHttpRequest()
          request.open('POST', '/api/pay')
          request.onloadend = () => setTimeout(() => {
            datadogRum.startView('Checkout')
            datadogRum.addError(new Error('Card declined'))
            document.body.dataset.paid = ''
          }, 300)
          request.send()
        }
        const ready = setInterval(() => {
          const sessionId = datadogRum.getInternalContext()?.session_id
          if (sessionId) { document.body.dataset.session = sessionId; clearInterval(ready) }
        }, 10)`,
    },
    bundle: true,
    write: false,
    format: 'esm',
  })
  return outputFiles[0]?.text ?? ''
}

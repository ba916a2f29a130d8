import assert from 'node:assert/strict'
import { type Browser, launchChromium } from '../../../../scripts/chromium/launch-chromium.js'
import type { Actions } from './page.js'
import { bundlePage, type Origin, startOwnOrigin } from './servers.js'

describe('SessionBaggagePropagator in a hidden tab', () => {
  let browser: Browser
  let own: Origin

  before(async () => {
    own = await startOwnOrigin({ page: await bundlePage('page.ts') })
    const ignoreDefaultArgs = [
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
    ]
    browser = await launchChromium({ ignoreDefaultArgs })
  })
  after(async () => {
    await browser?.close()
    await own?.close()
  })

  it('restores the header within 500 ms while timers are throttled', async () => {
    const page = await browser.newPage()
    await page.goto(`${own.url}/page`)
    await page.waitForFunction('actions.session()')
    const client = await page.createCDPSession()
    const { windowId } = await client.send('Browser.getWindowForTarget')
    await client.send('Browser.setWindowBounds', { windowId, bounds: { windowState: 'minimized' } })
    await page.waitForFunction('document.visibilityState === "hidden"', { polling: 100 })
    const seen = (await page.evaluate('actions.lentFor()')) as Awaited<ReturnType<Actions['lentFor']>>
    assert.ok(seen.wasLent)
    assert.ok(seen.timersMs > 1_000, `timers are not throttled: ${seen.timersMs} ms`)
    assert.ok(seen.lentMs < 500, `${seen.lentMs} ms`)
  })
})

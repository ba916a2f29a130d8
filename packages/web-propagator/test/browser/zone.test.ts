import assert from 'node:assert/strict'
import { type Browser, launchChromium, type Page } from '../../../../scripts/chromium/launch-chromium.js'
import { actionsOf } from './page-actions.js'
import { bundlePage, type Origin, startOwnOrigin } from './servers.js'
import type { ZoneActions } from './zone-page.js'

describe('SessionBaggagePropagator in a page with zone.js', () => {
  let browser: Browser
  let own: Origin
  let page: Page

  before(async () => {
    own = await startOwnOrigin({ zone: await bundlePage('zone-page.ts') })
    browser = await launchChromium()
    page = await browser.newPage()
    await page.goto(`${own.url}/zone`)
  })
  after(async () => {
    await browser?.close()
    await own?.close()
  })

  const act = actionsOf<ZoneActions>(() => page)

  it('restores the header without a task in the zone of the application', async () => {
    const lent = 'session.id=abc'
    assert.deepEqual(await act('tasksInZone', true), { lent, after: null, tasks: 0 })
    // Proves that tasks are counted: without MessageChannel, the timeout is one.
    assert.deepEqual(await act('tasksInZone', false), { lent, after: null, tasks: 1 })
  })

  it('leaves no timer in fakeAsync', async () => {
    assert.deepEqual(await act('inFakeAsync', true), { error: '', after: null })
    assert.match((await act('inFakeAsync', false)).error, /1 timer\(s\) still in the queue/)
  })
})

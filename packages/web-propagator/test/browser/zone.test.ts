import assert from 'node:assert/strict'
import { type Browser, launchChromium, type Page } from '../../../../scripts/chromium/launch-chromium.js'
import { bundlePage, type Origin, startOwnOrigin } from './servers.js'
import type { ZoneActions } from './zone-page.js'

describe('in a page with zone.js', () => {
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

  async function act<Name extends keyof ZoneActions>(name: Name, hasChannel: boolean) {
    const call = (action: string, given: boolean) =>
      (globalThis as unknown as { actions: Record<string, (given: boolean) => unknown> }).actions[action]?.(
        given,
      )
    return (await page.evaluate(call, name, hasChannel)) as Awaited<ReturnType<ZoneActions[Name]>>
  }

  it('takes the header back without a task in the zone of the application', async () => {
    const lent = 'session.id=abc'
    assert.deepEqual(await act('tasksInZone', true), { lent, after: null, tasks: 0 })
    // The count is right: a timeout, where there is no MessageChannel, is such a task.
    assert.deepEqual(await act('tasksInZone', false), { lent, after: null, tasks: 1 })
  })

  it('leaves fakeAsync no timer to complain about', async () => {
    assert.deepEqual(await act('inFakeAsync', true), { error: '', after: null })
    assert.match((await act('inFakeAsync', false)).error, /1 timer\(s\) still in the queue/)
  })
})

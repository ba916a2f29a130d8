import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from '../scripts/chromium/launch-chromium.js'
import type { Demo } from './start-demo.js'

const folder = fileURLToPath(new URL('screenshots/', import.meta.url))

type Viewport = { width: number; height: number }

const desktop = { width: 1280, height: 800 }
const phone = { width: 360, height: 740 }

const chatLooks = [
  { file: 'chat-light.png', size: desktop, colors: 'light' },
  { file: 'chat-dark.png', size: desktop, colors: 'dark' },
  { file: 'chat-phone.png', size: phone, colors: 'light' },
]

const viewerLooks = [
  { file: 'viewer.png', page: 'session', size: desktop, colors: 'light' },
  { file: 'viewer-trace.png', page: 'trace', size: desktop, colors: 'light' },
  { file: 'viewer-dark.png', page: 'trace', size: desktop, colors: 'dark' },
  { file: 'viewer-phone.png', page: 'trace', size: phone, colors: 'light' },
]

/** Writes the pictures that the READMEs show, of two visitors who ask what the page suggests: one in a session, one not. */
export async function takeScreenshots(browser: Browser, { pageUrl, viewerUrl }: Demo): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await fetch(`${viewerUrl}/api/state`, { method: 'DELETE' })
  const unknown = await open(browser, `${pageUrl}/?rum=no-consent`, desktop, 'light')
  await askSuggestion(unknown, 2)
  await unknown.close()
  for (const { file, size, colors } of chatLooks) {
    const page = await open(browser, pageUrl, size, colors)
    await page.waitForFunction(currentSession)
    await askSuggestion(page, 0)
    await page.screenshot({ path: folder + file })
    await page.goto('about:blank')
    await page.close()
  }
  // RUM's session is the browser's, so a visitor in a session of their own needs a context.
  const context = await browser.createBrowserContext()
  const visitor = await open(context, pageUrl, desktop, 'light')
  const session = await (await visitor.waitForFunction(currentSession)).jsonValue()
  for (const suggestion of [1, 0]) {
    await askSuggestion(visitor, suggestion)
  }
  // RUM reports a request a moment after its end, and sends what it has collected when the page is left.
  await new Promise((resolve) => setTimeout(resolve, 2000))
  await visitor.goto('about:blank')
  await context.close()
  for (const { file, page, size, colors } of viewerLooks) {
    const viewer = await open(browser, `${viewerUrl}/#/sessions/${session}`, size, colors)
    await viewer.waitForFunction(() => document.querySelectorAll('.event-trace').length === 2)
    await viewer.waitForSelector('.event-action')
    if (page === 'trace') {
      await viewer.click('.event-trace')
      await viewer.waitForSelector('.steps')
    }
    await viewer.screenshot({ path: folder + file })
    await viewer.close()
  }
}

function currentSession(): string | undefined {
  return window.DD_RUM?.getInternalContext()?.session_id
}

/** Types it: the suggestions are hidden once something was asked. */
async function askSuggestion(page: Page, index: number): Promise<void> {
  const question = await page.$$eval('#suggestions button', (all, index) => all[index]?.textContent, index)
  await page.type('#question', question ?? '')
  const answers = await page.$$eval('.sent', (lines) => lines.length)
  await page.click('#send')
  await page.waitForFunction((before) => document.querySelectorAll('.sent').length > before, {}, answers)
}

async function open(
  browser: Browser | BrowserContext,
  url: string,
  size: Viewport,
  colors: string,
): Promise<Page> {
  const page = await browser.newPage()
  await page.setViewport(size)
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: colors }])
  await page.goto(url)
  return page
}

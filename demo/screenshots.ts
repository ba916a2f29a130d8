import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from '../scripts/chromium/launch-chromium.js'
import type { Demo } from './start-demo.js'
import type { Asked } from './visitors.js'

const folder = fileURLToPath(new URL('screenshots/', import.meta.url))

const looks = [
  { file: 'chat-light.png', width: 1280, height: 800, colors: 'light' },
  { file: 'chat-dark.png', width: 1280, height: 800, colors: 'dark' },
  { file: 'chat-phone.png', width: 360, height: 740, colors: 'light' },
]

/** Writes the pictures that the READMEs show: the viewer on the first session, and the chat page. */
export async function takeScreenshots(browser: Browser, demo: Demo, asked: Asked[]): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const sessionId = asked.find((question) => question.sessionId)?.sessionId
  const viewer = await open(browser, `${demo.viewerUrl}/#/sessions/${sessionId}`, 1280, 800, 'light')
  await new Promise((resolve) => setTimeout(resolve, 1500))
  await viewer.screenshot({ path: `${folder}viewer.png` })
  await viewer.close()
  for (const { file, width, height, colors } of looks) {
    const page = await open(browser, demo.pageUrl, width, height, colors)
    await page.waitForFunction(() => window.DD_RUM?.getInternalContext()?.session_id)
    await page.click('#suggestions button')
    await page.waitForSelector('.route')
    await page.screenshot({ path: folder + file })
    await page.close()
  }
}

async function open(
  browser: Browser,
  url: string,
  width: number,
  height: number,
  colors: string,
): Promise<Page> {
  const page = await browser.newPage()
  await page.setViewport({ width, height })
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: colors }])
  await page.goto(url)
  return page
}

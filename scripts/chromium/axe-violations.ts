import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'puppeteer-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong on the page as it stands, at 360 and 1440 px, light and dark: one line for each element. */
export async function axeViolations(page: Page): Promise<string[]> {
  const found: string[] = []
  for (const width of [360, 1440]) {
    for (const colors of ['light', 'dark']) {
      await page.setViewport({ width, height: 900 })
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: colors }])
      await page.evaluate(source)
      const { violations } = (await page.evaluate('axe.run()')) as AxeResults
      found.push(
        ...violations.flatMap(({ id, nodes }) =>
          nodes.map(({ target, failureSummary }) => `${width} ${colors} ${id} ${target} ${failureSummary}`),
        ),
      )
    }
  }
  return found
}

import type { Browser, Page } from '../scripts/chromium/launch-chromium.js'

export const routes = ['stream', 'json', 'xhr'] as const
export type Route = (typeof routes)[number]

/** One question. */
export interface Asked {
  visitor: string
  route: Route
  marker: string
  /** Whether the page ought to be in a session. */
  inSession: boolean
  /** What RUM said when the question was sent. */
  sessionId: string | null
}

interface Visit {
  asked: Asked[]
  /** What went wrong in the pages. */
  problems: string[]
}

interface Visitor {
  name: string
  query: string
  /** How many RUM sessions the page goes through; the second one starts halfway. */
  sessions: 0 | 1 | 2
}

declare global {
  interface Window {
    DD_RUM?: { getInternalContext(): { session_id?: string } | undefined; stopSession(): void }
    sessionAtSubmit?: string | null
  }
}

/** Not by animation frame, which a page in the background may not get; and machines in CI are slow. */
const patiently = { polling: 100, timeout: 60_000 }

const visitors: Visitor[] = [
  { name: 'first', query: '', sessions: 1 },
  { name: 'second', query: '', sessions: 1 },
  { name: 'renewed', query: '', sessions: 2 },
  { name: 'sampled out', query: '?rum=sampled-out', sessions: 0 },
  { name: 'no consent', query: '?rum=no-consent', sessions: 0 },
]

/** Lets all visitors ask on every route at the same time, each in a browser context of its own. */
export async function visit(browser: Browser, pageUrl: string): Promise<Visit> {
  const problems: string[] = []
  const asked = await Promise.all(
    visitors.map(async (visitor, index) => {
      const context = await browser.createBrowserContext()
      const page = await context.newPage()
      watch(page, visitor.name, problems)
      await page.evaluateOnNewDocument(recordSessionAtSubmit)
      await page.goto(pageUrl + visitor.query)
      if (visitor.sessions === 0) await pause(500)
      else await page.waitForFunction(currentSession, patiently)

      const order = [...routes.slice(index % 3), ...routes.slice(0, index % 3)]
      const questions: Asked[] = []
      for (const route of order) questions.push(await ask(page, visitor, route))
      if (visitor.sessions === 2) await renewSession(page)
      for (const route of order) questions.push(await ask(page, visitor, route))
      // RUM sends what it has collected when the page is left.
      await page.goto('about:blank')
      await context.close()

      const sessions = new Set(questions.flatMap(({ sessionId }) => sessionId ?? [])).size
      if (sessions !== visitor.sessions) problems.push(`${visitor.name}: ${sessions} sessions`)
      return questions
    }),
  )
  return { asked: asked.flat(), problems }
}

async function ask(page: Page, visitor: Visitor, route: Route): Promise<Asked> {
  const marker = crypto.randomUUID()
  await page.click(`input[name=route][value=${route}]`)
  await page.focus('#question')
  await page.keyboard.sendCharacter(`Where is order 1042, and what about rain? Ref ${marker}`)
  await page.click('#send')
  await page.waitForFunction(isAnswered, patiently).catch((error) => {
    throw new Error(`${visitor.name}, ${route}: no answer`, { cause: error })
  })
  const answer = await page.$eval('#log > :last-child', ({ textContent }) => textContent ?? '')
  if (!answer.includes(marker)) throw new Error(`${visitor.name}, ${route}: answered with “${answer}”`)
  const sessionId = await page.evaluate(() => window.sessionAtSubmit ?? null)
  return { visitor: visitor.name, route, marker, inSession: visitor.sessions > 0, sessionId }
}

/** In the page: the page adds the route that was taken when it is done with an answer. */
function isAnswered(): boolean {
  return document.querySelector('#log > :last-child .route') !== null
}

/** Ends the session; RUM starts a new one in the same page at a click that follows. */
async function renewSession(page: Page): Promise<void> {
  const old = await page.evaluate(currentSession)
  await page.evaluate(() => window.DD_RUM?.stopSession())
  for (let clicks = 0; clicks < 60; clicks++) {
    await page.click('h1')
    await pause(500)
    const id = await page.evaluate(currentSession)
    if (id && id !== old) return
  }
  throw new Error('RUM started no new session')
}

function currentSession(): string | undefined {
  return window.DD_RUM?.getInternalContext()?.session_id
}

/** In the page: reads RUM in the same task in which the page's own submit handler sends the question. */
function recordSessionAtSubmit(): void {
  window.addEventListener(
    'submit',
    () => {
      window.sessionAtSubmit = window.DD_RUM?.getInternalContext()?.session_id ?? null
    },
    { capture: true },
  )
}

function watch(page: Page, visitor: string, problems: string[]): void {
  page.on('pageerror', (error) => problems.push(`${visitor}: ${String(error)}`))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`${visitor}: ${message.text()}`)
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

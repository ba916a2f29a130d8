import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { axeViolations } from '../scripts/chromium/axe-violations.js'
import { type Browser, launchChromium, type Page } from '../scripts/chromium/launch-chromium.js'
import { installPython } from './python-environment.js'
import { backends, buildPage, type Demo, startDemo } from './start-demo.js'
import { answer } from './third-party-llm.js'

const ROUTES = ['stream', 'json', 'xhr']

describe('the chat page', function () {
  this.timeout(60_000)
  /** What the model's API answers. */
  let status = 200
  const modelApi = createServer((request, response) => {
    if (status === 200) return void answer(request, response)
    request.resume()
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '1' })
    response.end(JSON.stringify({ error: { message: `status ${status}, key sk-1234`, type: 'error' } }))
  })
  let browser: Browser
  let page: Page

  before(async function () {
    this.timeout(300_000)
    await Promise.all([buildPage(), installPython()])
    await new Promise<void>((resolve) => modelApi.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(modelApi.address() as AddressInfo).port}`
    process.env.OPENAI_API_KEY = process.env.ANTHROPIC_API_KEY = 'wrong'
    process.env.OPENAI_BASE_URL = `${url}/v1`
    process.env.ANTHROPIC_BASE_URL = url
    browser = await launchChromium()
  })
  after(async () => {
    for (const vendor of ['OPENAI', 'ANTHROPIC']) {
      delete process.env[`${vendor}_API_KEY`]
      delete process.env[`${vendor}_BASE_URL`]
    }
    modelApi.close()
    await browser?.close()
  })

  async function open(url: string): Promise<void> {
    page = await browser.newPage()
    await page.goto(url)
  }

  /** What stands under the question once the answer is done. */
  async function ask(route: string): Promise<string> {
    await page.click(`input[value=${route}]`)
    await page.type('#question', 'Where is order 1042?')
    const asked = await page.$$eval('.route', (lines) => lines.length)
    await page.click('#send')
    await page.waitForFunction((lines) => document.querySelectorAll('.route').length > lines, {}, asked)
    return page.$eval('#log > :last-child', ({ textContent }) => textContent ?? '')
  }

  const sessionOfPage = async () => {
    const id = await page.waitForFunction(() => window.DD_RUM?.getInternalContext()?.session_id)
    return (await id.jsonValue()) as string
  }

  for (const backend of backends) {
    describe(`before the ${backend} backend`, () => {
      let demo: Demo
      before(async () => {
        demo = await startDemo(backend)
      })
      after(() => demo?.stop())
      beforeEach(() => {
        status = 200
      })
      afterEach(() => page?.close())

      it('says under each answer which header and which session were sent', async () => {
        await open(demo.pageUrl)
        const session = await sessionOfPage()
        for (const route of ROUTES) {
          const answer = await ask(route)
          assert.match(answer, /The Ridge tent stands a week of rain/)
          assert.ok(
            answer.endsWith(`What was sent: baggage: session.id=${session}, session ${session.slice(0, 8)}`),
            answer,
          )
        }
        assert.equal(
          await page.$eval('.sent a', (link) => (link as HTMLAnchorElement).href),
          `${demo.viewerUrl}/#/sessions/${session}`,
        )
      })

      it('says that no session was sent when RUM has none', async () => {
        await open(`${demo.pageUrl}/?rum=no-consent`)
        for (const route of ROUTES) {
          assert.match(await ask(route), /What was sent: no baggage header, no session$/)
        }
      })

      for (const [answered, sentence] of [
        [
          401,
          /The model’s API answered 401: it does not accept the key\. Check (OPENAI|ANTHROPIC)_API_KEY\./,
        ],
        [429, /The model’s API answered 429: its rate limit or quota is used up\. Try again later\./],
        [500, /The model’s API answered 500: it failed\./],
      ] as const) {
        it(`says on every route that the model's API answered ${answered}, and shows nothing of its answer`, async () => {
          status = answered
          await open(demo.pageUrl)
          for (const route of ROUTES) {
            const answer = await ask(route)
            assert.match(answer, sentence, route)
            assert.doesNotMatch(answer, /sk-1234/)
          }
        })
      }
    })
  }

  describe('while nobody answers', () => {
    it('says on every route that the shop cannot be reached', async () => {
      const demo = await startDemo('otel')
      await open(demo.pageUrl)
      await demo.stop()
      for (const route of ROUTES) {
        assert.match(await ask(route), /^The shop cannot be reached\. Please try again\.[^.]*$/)
      }
      await page.close()
    })
  })

  describe('as a document', () => {
    let demo: Demo
    before(async () => {
      demo = await startDemo('otel')
    })
    after(() => demo?.stop())
    afterEach(() => page?.close())

    it('is named by its tab, and names the session that its link leads to', async () => {
      await open(demo.pageUrl)
      const session = await sessionOfPage()
      await page.waitForFunction(
        (id) => document.querySelector('#session')?.textContent?.includes(id),
        {},
        session.slice(0, 8),
      )
      assert.equal(await page.title(), 'Order help · Fernweh Outfitters')
      const tooltip = () => page.$eval('#session', (link) => (link as HTMLElement).title)
      assert.equal(await tooltip(), `Open RUM session ${session} in the viewer`)
      await page.goto(`${demo.pageUrl}/?rum=no-consent`)
      await page.waitForFunction(() => document.querySelector('#session')?.textContent === 'No RUM session')
      assert.equal(await tooltip(), 'RUM has no session on this page. Open the viewer.')
    })

    it('has no violation that axe knows, before, after and in spite of answers', async () => {
      await open(demo.pageUrl)
      assert.deepEqual(await axeViolations(page), [])
      for (const answered of [200, 401]) {
        status = answered
        for (const route of ROUTES) await ask(route)
      }
      assert.deepEqual(await axeViolations(page), [])
    })
  })
})

import assert from 'node:assert/strict'
import {
  type Browser,
  type BrowserContext,
  launchChromium,
  type Page,
} from '../../../../scripts/chromium/launch-chromium.js'
import type { Actions, Echo, PageSetup } from './page.js'
import { actionsOf } from './page-actions.js'
import { bundlePage, type Origin, startOtherOrigin, startOwnOrigin } from './servers.js'

const RUM = ['rum-5', 'rum-6', 'rum-7']
const FETCH = '@opentelemetry/instrumentation-fetch'
const BUNDLES: Record<string, Record<string, string>> = {
  'rum-5': { '@datadog/browser-rum': 'browser-rum-5' },
  'rum-6': { '@datadog/browser-rum': 'browser-rum-6' },
  'rum-7': {},
  // The oldest version that does not copy the written headers into the page's init object.
  'fetch-0.213': { [FETCH]: 'instrumentation-fetch-0.213' },
}

describe('SessionBaggagePropagator in Chromium, with fetch and XHR instrumentation', () => {
  let browser: Browser
  let own: Origin
  let other: Origin
  let visitor: BrowserContext
  let page: Page

  before(async () => {
    const bundles: Record<string, string> = {}
    for (const [name, alias] of Object.entries(BUNDLES)) bundles[name] = await bundlePage('page.ts', alias)
    own = await startOwnOrigin(bundles)
    other = await startOtherOrigin()
    browser = await launchChromium()
  })
  after(async () => {
    await browser?.close()
    await own?.close()
    await other?.close()
  })
  afterEach(() => visitor.close())

  async function open(setup: PageSetup = {}, bundle = 'rum-7'): Promise<void> {
    visitor = await browser.createBrowserContext()
    page = await visitor.newPage()
    await page.goto(`${own.url}/${bundle}?${encodeURIComponent(JSON.stringify(setup))}`)
  }

  const act = actionsOf<Actions>(() => page)

  /** RUM starts its session asynchronously. */
  async function session(): Promise<string> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const id = await act('session')
      if (id) return id
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new assert.AssertionError({ message: 'RUM started no session' })
  }

  function assertTraced({ traceparent }: Echo): void {
    assert.match(traceparent ?? '', /^00-/)
  }

  for (const bundle of RUM) {
    it(`sends the session of ${bundle}, and the new one after a renewal`, async () => {
      await open({}, bundle)
      const first = await session()
      const echo = await act('fetch', '/echo')
      assert.equal(echo.baggage, `session.id=${first}`)
      assertTraced(echo)

      await act('stopSession')
      assert.equal((await act('fetch', '/echo')).baggage, null)

      await page.click('button')
      const second = await session()
      assert.notEqual(second, first)
      assert.equal((await act('fetch', '/echo')).baggage, `session.id=${second}`)
    })
  }

  for (const [name, setup] of Object.entries({
    'is sampled out': { sessionSampleRate: 0 },
    'has no consent': { trackingConsent: 'not-granted' },
  } satisfies Record<string, PageSetup>)) {
    it(`sends the entries of the context without a session when RUM ${name}`, async () => {
      await open(setup)
      await new Promise((resolve) => setTimeout(resolve, 300))
      const echo = await act('withContext')
      assert.equal(echo.baggage, 'tenant=a%20b')
      assertTraced(echo)
    })
  }

  it('sends the session with a streamed response', async () => {
    await open()
    const id = await session()
    assert.equal((await act('stream')).baggage, `session.id=${id}`)
  })

  it('adds the session to the header that the page sets', async () => {
    await open()
    const id = await session()
    assert.equal((await act('withHeader')).baggage, `session.id=${id},own=1;p=2`)
  })

  for (const bundle of ['rum-7', 'fetch-0.213']) {
    describe(`when the page reuses headers, in the bundle ${bundle}`, () => {
      for (const action of ['withInit', 'withRequest'] as const) {
        it(`replaces the members of the previous use with ${action}, after a renewal too`, async () => {
          await open({}, bundle)
          const first = await session()
          for (let use = 0; use < 3; use++) {
            assert.equal((await act(action)).baggage, `session.id=${first},own=1;p=2`)
          }
          await act('stopSession')
          assert.equal((await act(action)).baggage, 'own=1;p=2')
          await page.click('button')
          const second = await session()
          assert.equal((await act(action)).baggage, `session.id=${second},own=1;p=2`)
        })

        it(`sends another origin only the header of the page, with ${action}`, async () => {
          await open({}, bundle)
          const id = await session()
          assert.equal((await act(action)).baggage, `session.id=${id},own=1;p=2`)
          assert.equal((await act(action, `${other.url}/open`)).baggage, 'own=1;p=2')
        })
      }
    })
  }

  it('sends the session of the initialized RUM after another copy replaced DD_RUM', async () => {
    await open()
    const id = await session()
    assert.equal((await act('fetch', '/echo')).baggage, `session.id=${id}`)
    assert.equal(await act('importSecondRum'), true)
    assert.equal((await act('fetch', '/echo')).baggage, `session.id=${id}`)
    await act('stopSession')
    assert.equal((await act('fetch', '/echo')).baggage, null)
  })

  it('sends the session, then the entries of the context', async () => {
    await open()
    const id = await session()
    assert.equal((await act('withContext')).baggage, `session.id=${id},tenant=a%20b`)
  })

  it('sends nothing when tracing is suppressed', async () => {
    await open()
    await session()
    assert.deepEqual(await act('suppressed'), { baggage: null, traceparent: null })
  })

  it('restores a used Request when tracing is suppressed', async () => {
    await open()
    const id = await session()
    assert.equal((await act('withRequest')).baggage, `session.id=${id},own=1;p=2`)
    assert.equal((await act('suppressedRequest')).baggage, 'own=1;p=2')
  })

  it('appends the session to the header that the page sets on an XMLHttpRequest', async () => {
    await open()
    const id = await session()
    assert.equal((await act('xhr')).baggage, `session.id=${id}`)
    assert.equal((await act('xhr', 'own=1')).baggage, `own=1, session.id=${id}`)
  })

  describe('to another origin', () => {
    it('sends no session by default, so a CORS policy without baggage accepts the request', async () => {
      await open()
      await session()
      for (const path of ['/open', '/closed']) {
        const echo = await act('fetch', other.url + path)
        assert.equal(echo.baggage, null)
        assertTraced(echo)
      }
    })

    it('sends the session to allowedUrls whose CORS policy lists baggage', async () => {
      await open({ allowedUrls: [`${other.url}/open`] })
      const id = await session()
      assert.equal((await act('fetch', `${other.url}/open/chat`)).baggage, `session.id=${id}`)
      assert.equal((await act('fetch', `${other.url}/closed`)).baggage, null)
    })

    it('fails the request if the CORS policy of an allowed URL does not list baggage', async () => {
      await open({ allowedUrls: [other.url] })
      await session()
      await assert.rejects(act('fetch', `${other.url}/closed`), /Failed to fetch/)
    })
  })

  describe('in an unsampled trace', () => {
    it('sends no session by default, because the span does not show the URL', async () => {
      await open({ sampled: false })
      await session()
      const echo = await act('fetch', '/echo')
      assert.equal(echo.baggage, null)
      assertTraced(echo)
    })

    it("sends the session with whenUrlUnknown: 'inject'", async () => {
      await open({ sampled: false, whenUrlUnknown: 'inject' })
      const id = await session()
      assert.equal((await act('fetch', '/echo')).baggage, `session.id=${id}`)
    })
  })
})

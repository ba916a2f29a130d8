import assert from 'node:assert/strict'
import { type Browser, launchChromium, type Page } from '../../../scripts/chromium/launch-chromium.js'
import { RunningViewer, rumEvent } from './running-viewer.js'
import { sendSampleTelemetry } from './sample-telemetry.js'

const AGENT = { 'gen_ai.operation.name': 'invoke_agent' }

describe('the page', function () {
  // A headless Chromium now and then stalls on a machine that has more to do than cores; a second stall in a row fails.
  this.retries(1)
  let browser: Browser
  let viewer: RunningViewer
  let page: Page
  let errors: unknown[]

  before(async function () {
    this.timeout(60_000)
    browser = await launchChromium()
  })
  after(() => browser?.close())
  beforeEach(async () => {
    viewer = await RunningViewer.start({ datadogSite: 'datadoghq.eu' })
    page = await browser.newPage()
    errors = []
    page.on('pageerror', (error) => errors.push(error))
  })
  afterEach(async () => {
    await page.close()
    await viewer.stop()
    assert.deepEqual(errors, [])
  })

  const textOf = (selector: string) =>
    page.waitForSelector(selector).then((element) => element?.evaluate((node) => node.textContent))
  const see = (text: string, within = '#detail') =>
    page.waitForFunction(
      (wanted, selector) => document.querySelector(selector)?.textContent?.includes(wanted),
      {},
      text,
      within,
    )

  it('leads from a session to its LLM traces, and from a trace back to its session', async () => {
    await sendSampleTelemetry(viewer.url)
    const { sessions } = await viewer.state()
    const session = sessions.find(({ errors }) => errors.length > 0)
    await page.goto(viewer.url)

    await (await page.waitForSelector(`#lists a[href="#/sessions/${session?.id}"]`))?.click()
    await see('Book this hotel')
    const timeline = await page.$$eval('.timeline li', (items) =>
      items.map((item) => item.getAttribute('data-key')?.split(' ')[0]),
    )
    assert.deepEqual(timeline, [
      'view',
      'action',
      'request',
      'trace',
      'view',
      'action',
      'request',
      'trace',
      'error',
    ])

    await (await page.waitForSelector('.timeline a.event-trace'))?.click()
    await see('Spans')
    const [traceId] = session?.traceIds.slice(-1) ?? []
    assert.equal(new URL(page.url()).hash, `#/traces/${traceId}`)
    const kinds = await page.$$eval('.tree .kind', (badges) => badges.map((badge) => badge.textContent))
    assert.deepEqual(kinds, ['span', 'span', 'agent', 'llm', 'tool', 'tool', 'span', 'llm', 'llm'])
    await page.click('.tree ol ol ol > li > .span')
    await see('Three days in Lisbon with two kids?')
    await see('1,912 in, 271 out')

    await page.click('a.session-link')
    await see('Timeline')
    assert.equal(new URL(page.url()).hash, `#/sessions/${session?.id}`)
  })

  it('shows traces without a session, and says that they are not joined', async () => {
    await sendSampleTelemetry(viewer.url)
    const unjoined = (await viewer.state()).traces.find(({ sessionId }) => sessionId === null)
    await page.goto(viewer.url)
    assert.match((await textOf(`#lists a[href="#/traces/${unjoined?.traceId}"]`)) ?? '', /not joined/)
    await page.click('[data-action=filter][data-value=unjoined]')
    await page.waitForFunction(() => document.querySelectorAll('.list a[href^="#/traces/"]').length === 1)
    await page.click(`#lists a[href="#/traces/${unjoined?.traceId}"]`)
    await see('Not joined to a RUM session.')
  })

  it('marks spans that carry no session, or another one than their trace', async () => {
    await viewer.postOtlp(
      { spanId: '1', name: 'planner', attributes: { ...AGENT, 'gen_ai.conversation.id': 'mine' } },
      { spanId: '2', parentSpanId: '1', name: 'lost', attributes: AGENT },
      {
        spanId: '3',
        parentSpanId: '1',
        name: 'foreign',
        attributes: { ...AGENT, 'gen_ai.conversation.id': 'other' },
      },
    )
    await page.goto(`${viewer.url}/#/traces/abc`)
    await see('Spans of this one trace carry 2 different sessions.')
    const rows = await page.$$eval('.span-name', (names) =>
      names.map((name) => [...name.children].map((part) => part.textContent).join(' ')),
    )
    assert.deepEqual(rows, ['agent planner', 'agent lost no session', 'agent foreign session other'])
  })

  it('updates while it is read, and keeps focus, scroll position, selection and what is open', async () => {
    await sendSampleTelemetry(viewer.url)
    const [trace] = (await viewer.state()).traces
    await page.setViewport({ width: 1000, height: 400 })
    await page.goto(`${viewer.url}/#/traces/${trace?.traceId}`)
    await page.waitForSelector('.span')
    await page.focus('.tree ol ol ol > li > .span')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.panel pre')
    const reading = () =>
      page.evaluate(() => [
        document.activeElement?.getAttribute('data-value'),
        scrollY,
        String(getSelection()),
        document.querySelectorAll('.panel').length,
        document.querySelector<HTMLDetailsElement>('.panel details')?.open,
      ])
    await page.evaluate(() => {
      getSelection()?.selectAllChildren(document.querySelector('.panel pre') as Element)
      document.querySelector('summary')?.click()
      scrollTo(0, 200)
    })
    const before = await reading()
    assert.equal(before[1], 200)
    assert.match(String(before[2]), /ferry/)

    await viewer.postOtlp({ traceId: 'def', spanId: '1', name: 'planner', attributes: AGENT })
    await viewer.postOtlp({ traceId: trace?.traceId ?? '', spanId: '99', name: 'late', attributes: AGENT })
    await page.waitForSelector('a[href="#/traces/def"]')
    await see('late')
    assert.deepEqual(await reading(), before)
  })

  it('shows telemetry as text, whatever it says', async () => {
    const hostile = '<img src=x onerror="hacked=1"><script>hacked=1</script>'
    await viewer.postRum(
      rumEvent(hostile, 'view', 1, { view: { id: 'v', url: 'javascript:hacked=1', name: hostile } }),
      rumEvent(hostile, 'action', Number.MAX_VALUE, {
        action: { id: hostile, type: hostile, target: { name: hostile } },
      }),
      rumEvent(hostile, 'resource', 3, {
        resource: { id: 'r', type: 'fetch', url: 'javascript:hacked=1', method: hostile },
      }),
      rumEvent(hostile, 'error', 4, { error: { id: 'e', message: hostile } }),
    )
    await viewer.postOtlp({
      traceId: hostile,
      spanId: hostile,
      name: hostile,
      attributes: { ...AGENT, 'gen_ai.conversation.id': hostile, 'input.value': hostile, [hostile]: hostile },
    })
    for (const hash of [
      `sessions/${encodeURIComponent(hostile)}`,
      `traces/${encodeURIComponent(hostile.toLowerCase())}`,
    ]) {
      await page.goto(`${viewer.url}/#/${hash}`)
      await page.reload()
      await see(hostile)
      for (const row of await page.$$('.span')) await row.click()
      assert.equal(
        await page.$('#detail img, #detail script, #lists img, [onerror], a[href^="javascript"]'),
        null,
      )
      assert.equal(await page.evaluate('typeof hacked'), 'undefined')
    }
    await see(hostile, '.panel')
  })

  it('links to Datadog when its site is known', async () => {
    await viewer.postRum(rumEvent('s&1', 'view', 1, { view: { id: 'v', url: 'http://shop.example/' } }))
    await viewer.postOtlp({ spanId: '1', attributes: AGENT })
    const linked = async (hash: string) => {
      await page.goto(`${viewer.url}/#/${hash}`)
      return page
        .waitForSelector('a.external')
        .then((link) => link?.evaluate((a) => (a as HTMLAnchorElement).href))
    }
    const session = 'https://app.datadoghq.eu/rum/sessions?query=%40type%3Asession%20%40session.id%3As%261'
    assert.equal(await linked('sessions/s%261'), session)
    assert.equal(await linked('traces/abc'), 'https://app.datadoghq.eu/llm/traces?query=trace_id%3Aabc')
  })

  it('tells what to do while nothing has arrived', async () => {
    await page.goto(viewer.url)
    await see('Waiting for telemetry')
    await see(`proxy: '${viewer.url}/rum'`)
    await see(`OTEL_EXPORTER_OTLP_ENDPOINT=${viewer.url}`)
    await see(`DD_TRACE_AGENT_URL=${viewer.url}`)
  })

  it('explains a link to what it does not know', async () => {
    await viewer.postOtlp({ spanId: '1', attributes: { ...AGENT, 'gen_ai.conversation.id': 'elsewhere' } })
    for (const [hash, text] of [
      ['sessions/nope', 'Nothing is known of this session.'],
      ['sessions/elsewhere', 'LLM traces name this session, but RUM has not reported it here.'],
      ['traces/nope', 'Nothing is known of this trace.'],
      ['traces/%E0%A4', 'Nothing is known of this trace.'],
    ]) {
      await page.goto(`${viewer.url}/#/${hash}`)
      await see(text as string)
    }
  })

  it('says when the connection is lost, and goes on when it is back', async () => {
    await viewer.postOtlp({ spanId: '1', name: 'planner', attributes: AGENT })
    await page.goto(viewer.url)
    await see('Live', '#connection')
    await viewer.stop()
    await see('Connection lost, retrying.', '#connection')
    assert.match((await textOf('#lists')) ?? '', /planner/)
    viewer = await RunningViewer.start({}, Number(new URL(viewer.url).port))
    await see('Live', '#connection')
    await see('Waiting for telemetry')
  })

  it('fits a narrow screen, with one column at a time', async () => {
    await sendSampleTelemetry(viewer.url)
    const { sessions, traces } = await viewer.state()
    await page.setViewport({ width: 360, height: 740 })
    for (const hash of ['', `sessions/${sessions[0]?.id}`, `traces/${traces[0]?.traceId}`]) {
      await page.goto(`${viewer.url}/#/${hash}`)
      await see(hash.startsWith('sessions') ? 'Timeline' : hash ? 'Spans' : 'carry a RUM session')
      for (const row of await page.$$('.span')) await row.click()
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
      const listIsShown = await page.$eval('#lists', (lists) => (lists as HTMLElement).offsetHeight > 0)
      assert.equal(listIsShown, hash === '')
    }
  })

  it('empties itself', async () => {
    await viewer.postOtlp({ spanId: '1', attributes: AGENT })
    await page.goto(viewer.url)
    await see('LLM traces carry')
    page.on('dialog', (dialog) => void dialog.accept())
    await page.click('[data-action=clear]')
    await see('Waiting for telemetry')
    assert.deepEqual(await viewer.state(), { sessions: [], traces: [], notices: [] })
  })
})

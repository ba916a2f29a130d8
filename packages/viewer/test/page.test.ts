import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { axeViolations } from '../../../scripts/chromium/axe-violations.js'
import { type Browser, launchChromium, type Page } from '../../../scripts/chromium/launch-chromium.js'
import { RunningViewer, rumEvent } from './running-viewer.js'
import { sendSampleTelemetry } from './sample-telemetry.js'

const AGENT = { 'gen_ai.operation.name': 'invoke_agent' }

describe('the page', () => {
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
    await see('1,912 in, 271 out')

    await page.click('a.session-link')
    await see('Timeline')
    assert.equal(new URL(page.url()).hash, `#/sessions/${session?.id}`)
  })

  it('lists a session that spans alone name as soon as they arrive, and leads to its traces', async () => {
    await page.goto(viewer.url)
    await see('Waiting for telemetry')
    const conversation = {
      ...AGENT,
      'gen_ai.conversation.id': 'early',
      'input.value': 'Where is order 1042?',
    }
    await viewer.postOtlp({ spanId: '1', name: 'invoke_agent shop', attributes: conversation })
    assert.match((await textOf('#sessions .item')) ?? '', /^early.*not reported by RUM yet.*1 trace$/)
    await page.click('#sessions .item')
    await see('Not reported by RUM yet.')
    await page.click('.timeline a.event-trace')
    await see('on 1 of 1 span')
    assert.equal(await textOf('h2.title'), 'Where is order 1042?')

    await viewer.postRum(rumEvent('early', 'view', 1, { view: { id: 'v', url: 'http://shop.example/' } }))
    await see('1 view', '#sessions')
    await see('RUM session')
  })

  it('lists 3,000 sessions in panes that scroll each, and finds one by id, question or error', async () => {
    const times = Array.from({ length: 3000 }, (_, index) => index)
    await viewer.postRum(
      ...times.map((index) =>
        rumEvent(`session-${index}`, 'view', index, { view: { id: 'v', url: 'http://shop.example/' } }),
      ),
      rumEvent('session-7', 'error', 8, { error: { id: 'e', message: 'Uncaught RangeError: seven' } }),
    )
    await viewer.postOtlp(
      ...times.map((index) => ({
        traceId: `trace-${index}`,
        spanId: '1',
        attributes: {
          ...AGENT,
          'gen_ai.conversation.id': `session-${index}`,
          'input.value': `Question ${index}?`,
        },
      })),
    )
    await page.setViewport({ width: 1280, height: 600 })
    await page.goto(viewer.url)
    await see('3,000', '#traces-title')
    assert.equal(await textOf('#sessions-title'), 'Sessions 3,000')
    assert.ok((await page.$$('.row')).length < 120)

    const firstRow = (pane: string) => page.$eval(`${pane} .item-title`, (title) => title.textContent)
    const newestTrace = await firstRow('#traces')
    await page.$eval('#sessions .rows', (rows) => rows.scrollTo(0, rows.scrollHeight))
    await page.waitForFunction(() =>
      document.querySelector('#sessions .rows')?.textContent?.includes('session-0'),
    )
    assert.equal(
      await page.$eval('#sessions .rows', (rows) => rows.lastElementChild?.getAttribute('aria-posinset')),
      '3000',
    )
    assert.equal(await firstRow('#traces'), newestTrace)
    assert.equal(await page.evaluate('document.documentElement.scrollHeight'), 600)

    for (const [query, sessions, traces] of [
      ['session-1234', 1, 1],
      ['QUESTION 2999?', 1, 1],
      ['rangeerror: SEVEN', 1, 0],
      ['nothing like this', 0, 0],
    ] as const) {
      await page.$eval('#search', (input) => {
        ;(input as HTMLInputElement).value = ''
      })
      await page.type('#search', query)
      await see(`${sessions} of 3,000`, '#sessions-title')
      await see(`${traces} of 3,000`, '#traces-title')
    }
  })

  it('leaves the rows under the pointer where they are while others arrive', async () => {
    const ask = (index: number) =>
      viewer.postOtlp({
        traceId: `trace${index}`,
        spanId: '1',
        startTimeUnixNano: `${1_700_000_000 + index}000000000`,
        attributes: { ...AGENT, 'input.value': `Question ${index}` },
      })
    await ask(1)
    await page.goto(viewer.url)
    await page.waitForSelector('#traces .item')
    await page.hover('#traces .item')
    await ask(2)
    await see('0 of 2 LLM traces joined')
    assert.equal(await textOf('#traces .item-title'), 'Question 1')
    await page.hover('h1')
    await see('Question 2', '#traces')
    assert.equal(await textOf('#traces .item-title'), 'Question 2')
  })

  it('shows the question, the answer, how it is joined, and what happened in its order', async () => {
    await sendSampleTelemetry(viewer.url)
    const failed = (await viewer.state()).traces.find(({ spans }) =>
      spans.some(({ error }) => error !== null),
    )
    await page.goto(`${viewer.url}/#/traces/${failed?.traceId}`)
    await see('What happened')
    assert.equal(await textOf('h2.title'), 'Book the second one')
    assert.equal(await page.title(), 'Book the second one · RUM × LLM viewer')
    assert.match((await textOf('.exchange')) ?? '', /^AnswerStay in Alfama/)
    assert.match(
      (await textOf('.under-title')) ?? '',
      /^invoke_agent travel-agent, started .* by web, agent, hotels \(OpenTelemetry\)/,
    )
    assert.equal(
      await textOf('.session-link .how'),
      `gen_ai.conversation.id on 6 of 9 spans, from baggage: session.id=${failed?.sessionId}`,
    )
    assert.deepEqual(
      await page.$$eval('.step', (steps) =>
        steps.map((step) =>
          ['.step-label', '.step-by code']
            .flatMap((part) => step.querySelector(part)?.textContent ?? [])
            .join(' '),
        ),
      ),
      [
        'thought',
        'tool call weather',
        'tool call hotels',
        'result weather',
        'answer',
        'error',
        'result hotels',
        'answer',
      ],
    )
    const figures = await page.$$eval('.figure', (all) => all.map(({ textContent }) => textContent))
    assert.deepEqual(figures.slice(1), [
      'Spans9',
      'Errors1',
      'Tokens in1,912',
      'Tokens out271',
      'Cost$0.000449',
    ])
    const axis = await page.$$eval('.axis text', (texts) => texts.map(({ textContent }) => textContent))
    assert.deepEqual(axis, ['0 ms', '2 s', '4 s'])

    await page.click('.note.bad .link')
    await page.waitForFunction(() => document.activeElement?.matches('.tree .span[aria-expanded=true]'))
    await see('429 rate limit reached for gpt-4o-mini', '.panel')
  })

  it('opens and closes all spans, and keeps in the URL which are open', async () => {
    await sendSampleTelemetry(viewer.url)
    const [trace] = (await viewer.state()).traces
    await page.goto(`${viewer.url}/#/traces/${trace?.traceId}`)
    const panels = (amount: number) =>
      page.waitForFunction((wanted) => document.querySelectorAll('.panel').length === wanted, {}, amount)
    const click = async (selector: string) => (await page.waitForSelector(selector))?.click()
    await click('[data-action=spans][data-value=all]')
    await panels(9)
    assert.match(page.url(), /\?open=all$/)
    await page.reload()
    await panels(9)
    await click('.tree .span')
    await panels(8)
    await click('[data-action=spans][data-value=none]')
    await panels(0)
    await click('.tree .span')
    await panels(1)
    await page.reload()
    await panels(1)
  })

  it('shows a long text whole when it is asked to', async () => {
    const long = `${'all work and no play '.repeat(100)}the end`
    await viewer.postOtlp({
      spanId: '1',
      attributes: { ...AGENT, 'input.value': 'Short?', 'output.value': long },
    })
    await page.goto(`${viewer.url}/#/traces/abc`)
    assert.doesNotMatch((await textOf('.exchange')) ?? '', /the end/)
    await page.click('.exchange [data-action=open]')
    await see('the end', '.exchange')
  })

  it('has no violation that axe knows, on any page', async function () {
    this.timeout(120_000)
    await page.goto(viewer.url)
    await see('Waiting for telemetry')
    assert.deepEqual(await axeViolations(page), [])
    await sendSampleTelemetry(viewer.url)
    await viewer.postOtlp({ spanId: '1', attributes: { ...AGENT, 'gen_ai.conversation.id': 'early' } })
    const { sessions, traces } = await viewer.state()
    const failed = traces.find(({ spans }) => spans.some(({ error }) => error !== null))
    const unjoined = traces.find(({ sessionId }) => sessionId === null)
    for (const hash of [
      '',
      `sessions/${sessions.find(({ errors }) => errors.length > 0)?.id}`,
      'sessions/early',
      `traces/${failed?.traceId}?open=all`,
      `traces/${unjoined?.traceId}`,
      'traces/unknown',
    ]) {
      // Otherwise the elements of the page before are still there.
      await page.goto('about:blank')
      await page.goto(`${viewer.url}/#/${hash}`)
      await page.waitForSelector(
        hash === '' ? '.figures' : hash.includes('unknown') ? '.note' : '.figures, .timeline',
      )
      assert.deepEqual(await axeViolations(page), [], hash)
    }
  })

  it('shows traces without a session, and says that they are not joined', async () => {
    await sendSampleTelemetry(viewer.url)
    const unjoined = (await viewer.state()).traces.find(({ sessionId }) => sessionId === null)
    await page.goto(viewer.url)
    assert.match((await textOf(`#lists a[href="#/traces/${unjoined?.traceId}"]`)) ?? '', /not joined/)
    assert.ok(unjoined?.reason)
    await see(unjoined.reason.mend)
    await see('1 trace, the newest: Is the ferry running today?')
    await page.click('[data-action=filter][data-value=unjoined]')
    await page.waitForFunction(() => document.querySelectorAll('.list a[href^="#/traces/"]').length === 1)
    await page.click(`#lists a[href="#/traces/${unjoined?.traceId}"]`)
    await see('Not joined: no LLM span carries a session.')
    await see(unjoined.reason.found)
    await see(`Mend: ${unjoined.reason.mend}`)
    await see('6 spans: ')
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
    await page.waitForSelector('.panel .prose')
    const reading = () =>
      page.evaluate(() => [
        document.activeElement?.getAttribute('data-value'),
        Math.round(document.querySelector('.panel')?.getBoundingClientRect().top ?? 0),
        String(getSelection()),
        document.querySelectorAll('.panel').length,
        document.querySelectorAll('.panel dl').length,
      ])
    await page.evaluate(() => {
      document.querySelector<HTMLElement>('.panel [data-action=open]')?.click()
      getSelection()?.selectAllChildren(document.querySelector('.panel .prose') as Element)
      document.querySelector('.panel')?.scrollIntoView()
    })
    const before = await reading()
    assert.ok(await page.$eval('#detail', (detail) => detail.scrollTop > 100))
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
      // The id alone stands there before anything has been read.
      await page.waitForSelector('.figures')
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
    await see(`OTEL_EXPORTER_OTLP_ENDPOINT=${viewer.url} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`)
    await see(`DD_TRACE_AGENT_URL=${viewer.url} DD_LLMOBS_ENABLED=1 DD_LLMOBS_ML_APP=`)
  })

  it('explains a link to what it does not know', async () => {
    for (const [hash, text] of [
      ['sessions/nope', 'Nothing is known of this session.'],
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
    await page.setViewport({ width: 360, height: 740 })
    assert.ok(await page.$eval('#connection', (line) => line.getBoundingClientRect().right <= 360))
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
      await see(hash.startsWith('sessions') ? 'Timeline' : hash ? 'Spans' : 'joined to a session')
      for (const row of await page.$$('.span')) await row.click()
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
      const listIsShown = await page.$eval('#lists', (lists) => (lists as HTMLElement).offsetHeight > 0)
      assert.equal(listIsShown, hash === '')
    }
  })

  it('shows what was noticed about a client', async () => {
    await page.goto(viewer.url)
    await see('Waiting for telemetry')
    const client = connect(viewer.url)
    const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
    client.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' }).end()
    await see('OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf')
    client.destroy()
  })

  it('empties itself', async () => {
    await viewer.postOtlp({ spanId: '1', attributes: AGENT })
    await page.goto(viewer.url)
    await see('0 of 1 LLM trace joined to a session')
    page.on('dialog', (dialog) => void dialog.accept())
    await page.click('[data-action=clear]')
    await see('Waiting for telemetry')
    assert.deepEqual(await viewer.state(), { sessions: [], traces: [], notices: [] })
  })
})

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { connect } from 'node:net'
import { deflateSync, gzipSync } from 'node:zlib'
import { exportRequest, RunningViewer, rumEvent } from './running-viewer.js'

const AGENT = { 'gen_ai.operation.name': 'invoke_agent' }
const JSON_TYPE = { 'content-type': 'application/json' }
const PROTOBUF_TYPE = { 'content-type': 'application/x-protobuf' }

describe('createViewer', () => {
  let viewer: RunningViewer
  before(async () => {
    viewer = await RunningViewer.start({ limits: { bodyBytes: 10_000, spansPerTrace: 2 } })
  })
  after(() => viewer.stop())
  afterEach(() => fetch(`${viewer.url}/api/state`, { method: 'DELETE' }))

  describe('POST /v1/traces', () => {
    it('answers in the encoding of the request', async () => {
      const json = await viewer.postOtlp({ spanId: '1' })
      assert.equal(json.status, 200)
      assert.equal(json.headers.get('content-type'), 'application/json')
      assert.deepEqual(await json.json(), { partialSuccess: {} })

      const protobuf = await viewer.post('/v1/traces', new Uint8Array(), PROTOBUF_TYPE)
      assert.equal(protobuf.status, 200)
      assert.equal(protobuf.headers.get('content-type'), 'application/x-protobuf')
      // Field 1, an empty message: partial_success with nothing in it.
      assert.deepEqual([...new Uint8Array(await protobuf.arrayBuffer())], [10, 0])
    })

    it('reports the spans that it did not take', async () => {
      const response = await viewer.postOtlp(
        { spanId: '1' },
        { spanId: '2' },
        { spanId: '3' },
        { spanId: '' },
      )
      const { partialSuccess } = (await response.json()) as { partialSuccess: { rejectedSpans: number } }
      assert.equal(partialSuccess.rejectedSpans, 2)
    })

    for (const [name, body, headers, status] of [
      ['JSON that is cut off', '{"resourceSpans":', JSON_TYPE, 400],
      ['JSON that is no object', '[]', JSON_TYPE, 400],
      ['null', 'null', JSON_TYPE, 400],
      ['resourceSpans that are no array', '{"resourceSpans":{}}', JSON_TYPE, 400],
      ['protobuf that is garbage', 'not protobuf at all', PROTOBUF_TYPE, 400],
      ['protobuf that is cut off', Buffer.from([10, 200, 1, 10]), PROTOBUF_TYPE, 400],
      ['gzip that is none', 'plain', { ...JSON_TYPE, 'content-encoding': 'gzip' }, 400],
      ['an unknown content encoding', '{}', { ...JSON_TYPE, 'content-encoding': 'zstd' }, 415],
      ['another content type', '{}', { 'content-type': 'text/plain' }, 415],
      ['a content type that objects have as a property', '{}', { 'content-type': 'constructor' }, 415],
      ['no content type', new Uint8Array(2), {}, 415],
      ['a body past the bound', 'x'.repeat(10_001), JSON_TYPE, 413],
      ['a body far past the bound', 'x'.repeat(200_000), JSON_TYPE, 413],
      [
        'a body that grows past the bound',
        gzipSync('x'.repeat(1e6)),
        { ...JSON_TYPE, 'content-encoding': 'gzip' },
        413,
      ],
    ] as const) {
      it(`answers ${status} to ${name}, and goes on`, async () => {
        const status_ = await viewer.post('/v1/traces', body, headers).then(
          (response) => response.status,
          // A client that is still sending when the answer comes may only see the connection close.
          (error: { cause?: { code?: string } }) => error.cause?.code,
        )
        if (status_ !== 'EPIPE' && status_ !== 'ECONNRESET') assert.equal(status_, status)
        assert.deepEqual(await viewer.state(), { sessions: [], traces: [], notices: [] })
      })
    }

    it('takes what it can of spans that others wrote on purpose', async () => {
      const nested = `${'{"kvlistValue":{"values":[{"key":"a","value":'.repeat(100)}{}${'}]}}'.repeat(100)}`
      const hostile = [
        {
          traceId: 'abc',
          spanId: '1',
          attributes: 'none',
          events: {},
          status: 7,
          name: 9,
          startTimeUnixNano: 'soon',
        },
        {
          traceId: 'abc',
          spanId: '2',
          attributes: [{ key: '__proto__', value: { stringValue: 'polluted' } }, null, 3],
        },
        { traceId: ['abc'], spanId: {} },
        null,
      ]
      const body = JSON.stringify({ resourceSpans: [null, { scopeSpans: [{ spans: hostile }] }] })
      assert.equal((await viewer.post('/v1/traces', body, JSON_TYPE)).status, 200)
      const deep = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"d","spanId":"1","attributes":[{"key":"k","value":${nested}}]}]}]}]}`
      assert.equal((await viewer.post('/v1/traces', deep, JSON_TYPE)).status, 200)

      const { traces } = await viewer.state()
      assert.deepEqual(traces.map(({ traceId }) => traceId).sort(), ['abc', 'd'])
      assert.equal(({} as Record<string, unknown>).polluted, undefined)
      const [first] = traces.find(({ traceId }) => traceId === 'abc')?.spans ?? []
      assert.deepEqual([first?.name, first?.startedAt, first?.durationMs], ['', 0, 0])
    })
  })

  describe('POST /rum', () => {
    const click = rumEvent('s', 'action', 1_700_000_000_000, {
      view: { id: 'v' },
      action: { id: 'a', type: 'click', target: { name: 'Ask' } },
    })

    it('takes batches that the SDK compressed', async () => {
      const forward = encodeURIComponent('/api/v2/rum?ddsource=browser&dd-evp-encoding=deflate')
      const body = deflateSync(`${JSON.stringify(click)}\n${JSON.stringify(click)}`)
      assert.equal((await viewer.post(`/rum?ddforward=${forward}`, body)).status, 202)
      assert.equal((await viewer.state()).sessions[0]?.actions.length, 1)
    })

    it('drops what goes to another track', async () => {
      for (const path of ['/api/v2/replay', '/api/v2/logs']) {
        const response = await viewer.post(
          `/rum?ddforward=${encodeURIComponent(path)}`,
          JSON.stringify(click),
        )
        assert.equal(response.status, 202)
      }
      assert.deepEqual((await viewer.state()).sessions, [])
    })

    it('takes the good lines of a broken batch', async () => {
      const lines = ['', '{', 'null', '[]', '{"session":{"id":7},"type":"view"}', JSON.stringify(click)]
      assert.equal((await viewer.post('/rum', lines.join('\n'))).status, 202)
      const { sessions } = await viewer.state()
      assert.deepEqual(
        sessions.map(({ id }) => id),
        ['s'],
      )
    })

    it('keeps one view for all its updates', async () => {
      const view = { id: 'v', url: 'http://shop.example/cart?item=1', name: '' }
      await viewer.postRum(
        rumEvent('s', 'view', 1000, { view: { ...view, name: 'Cart', time_spent: 1e9 } }),
        rumEvent('s', 'view', 1000, { view: { ...view, name: 'Cart', time_spent: 2e9 } }),
        rumEvent('s', 'view_update', 4000, { view: { id: 'v', url: view.url, time_spent: 3e9 } }),
      )
      const [session] = (await viewer.state()).sessions
      assert.deepEqual(session?.views, [
        { id: 'v', name: 'Cart', url: view.url, startedAt: 1000, timeSpentMs: 3000 },
      ])
      assert.deepEqual([session?.startedAt, session?.lastSeenAt], [1000, 4000])
    })

    it('refuses a body that is not deflated as announced, and one that grows past the bound', async () => {
      const path = `/rum?ddforward=${encodeURIComponent('/api/v2/rum?dd-evp-encoding=deflate')}`
      assert.equal((await viewer.post(path, 'plain')).status, 400)
      assert.equal((await viewer.post(path, deflateSync('x'.repeat(1e6)))).status, 413)
      assert.equal((await viewer.post('/rum?ddforward=http%3A%2F%2F%5B', 'x')).status, 400)
    })
  })

  describe('as a Datadog Agent', () => {
    it('offers the endpoint that dd-trace looks for', async () => {
      const { endpoints } = (await (await fetch(`${viewer.url}/info`)).json()) as { endpoints: string[] }
      assert.ok(endpoints.includes('/evp_proxy/v2/'))
    })

    it('accepts and drops everything else a tracer sends', async () => {
      for (const [method, path] of [
        ['PUT', '/v0.4/traces'],
        ['PUT', '/v0.5/traces'],
        ['POST', '/v0.7/config'],
        ['POST', '/telemetry/proxy/api/v2/apmtelemetry'],
        ['POST', '/profiling/v1/input'],
        ['POST', '/evp_proxy/v2/api/v2/citestcycle'],
      ] as const) {
        const response = await fetch(viewer.url + path, { method, body: new Uint8Array([0xdd, 0, 0]) })
        assert.equal(response.status, 200, path)
        assert.deepEqual(await response.json(), {})
      }
      assert.deepEqual(await viewer.state(), { sessions: [], traces: [], notices: [] })
    })

    it('refuses LLMObs events that are no JSON', async () => {
      assert.equal((await viewer.post('/evp_proxy/v2/api/v2/llmobs', '[{"spans":')).status, 400)
      assert.equal((await viewer.post('/evp_proxy/v2/api/v2/llmobs', '7')).status, 400)
    })
  })

  it('serves summaries, and one session or trace at a time', async () => {
    await viewer.postOtlp({ spanId: '1', attributes: { ...AGENT, 'gen_ai.conversation.id': 'a/b' } })
    const read = async (path: string) => {
      const response = await fetch(viewer.url + path)
      return [response.status, await response.json()] as [number, Record<string, unknown>]
    }
    const [, overview] = await read('/api/overview')
    assert.equal((overview.traces as unknown[]).length, 1)
    const [, unchanged] = await read(`/api/overview?since=${overview.revision}`)
    assert.deepEqual([unchanged.traces, unchanged.sessions, unchanged.isComplete], [[], [], false])
    assert.equal((await read('/api/traces/abc'))[1].traceId, 'abc')
    assert.equal((await read('/api/sessions/a%2Fb'))[1].id, 'a/b')
    assert.equal((await read('/api/traces/nope'))[0], 404)
    assert.equal((await read('/api/sessions/%E0%A4'))[0], 400)
  })

  it('accepts and drops metrics and logs, and answers in their encoding', async () => {
    const json = await viewer.post('/v1/metrics', '{}', JSON_TYPE)
    assert.deepEqual(await json.json(), {})
    const protobuf = await viewer.post('/v1/logs', new Uint8Array([1]), PROTOBUF_TYPE)
    assert.equal(protobuf.status, 200)
    assert.equal(protobuf.headers.get('content-type'), 'application/x-protobuf')
    assert.equal((await protobuf.arrayBuffer()).byteLength, 0)
  })

  it('refuses spans that are nested too deep to be read', async () => {
    const roomy = await RunningViewer.start()
    const depth = 50_000
    const value = `${'{"kvlistValue":{"values":[{"key":"a","value":'.repeat(depth)}{}${'}]}}'.repeat(depth)}`
    const span = `{"traceId":"d","spanId":"1","attributes":[{"key":"k","value":${value}}]}`
    const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`
    assert.equal((await roomy.post('/v1/traces', body, JSON_TYPE)).status, 400)
    assert.deepEqual((await roomy.state()).traces, [])
    await roomy.stop()
  })

  it('refuses a small body that would decode to millions of messages', async () => {
    const roomy = await RunningViewer.start()
    const lengthOf = (length: number) =>
      [0, 7, 14, 21].map((bit) => ((length >> bit) & 0x7f) | (bit < 21 ? 0x80 : 0))
    const within = (tag: number, body: Buffer) =>
      Buffer.concat([Buffer.from([tag, ...lengthOf(body.length)]), body])
    const many = (tag: number) => Buffer.alloc(8_000_000, Buffer.from([tag, 0]))
    const spanWith = (body: Buffer) => within(0x0a, within(0x12, within(0x12, body)))
    const bodies = {
      resourceSpans: many(0x0a),
      scopeSpans: within(0x0a, many(0x12)),
      spans: within(0x0a, within(0x12, many(0x12))),
      attributes: spanWith(many(0x4a)),
      events: spanWith(many(0x5a)),
      values: spanWith(within(0x4a, within(0x12, within(0x2a, many(0x0a))))),
    }
    for (const [name, body] of Object.entries(bodies)) {
      const startedAt = performance.now()
      const headers = { ...PROTOBUF_TYPE, 'content-encoding': 'gzip' }
      const response = await roomy.post('/v1/traces', gzipSync(body), headers)
      assert.equal(response.status, 400, name)
      assert.match(await response.text(), /too many messages/)
      assert.ok(performance.now() - startedAt < 3000, name)
    }
    await roomy.stop()
  })

  it('lets local pages send, with credentials and with headers of their own, and none of them read', async () => {
    const origin = 'http://shop.localhost:8080'
    const preflight = await fetch(`${viewer.url}/v1/traces`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-headers': 'content-type,traceparent' },
    })
    assert.equal(preflight.status, 204)
    assert.equal(preflight.headers.get('access-control-allow-origin'), origin)
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'content-type,traceparent')
    assert.equal(preflight.headers.get('access-control-allow-credentials'), 'true')

    const state = await fetch(`${viewer.url}/api/state`, { headers: { origin } })
    assert.equal(state.headers.get('access-control-allow-origin'), null)
  })

  it('refuses what pages of elsewhere send, and what any page sends to the agent', async () => {
    const rum = JSON.stringify(rumEvent('s', 'view', 1, { view: { id: 'v' } }))
    const otlp = JSON.stringify(exportRequest([{ spanId: '1' }]))
    const llmObs = JSON.stringify([{ spans: [{ trace_id: 't', span_id: '1' }] }])
    const agent = '/evp_proxy/v2/api/v2/llmobs'
    for (const [path, body, origin] of [
      ['/rum', rum, 'https://evil.example'],
      ['/rum', rum, 'null'],
      ['/v1/traces', otlp, 'https://evil.example'],
      ['/v1/metrics', '{}', 'http://203.0.113.9'],
      [agent, llmObs, 'https://evil.example'],
      [agent, llmObs, 'null'],
      [agent, llmObs, viewer.url],
      ['/v0.4/traces', '', 'https://evil.example'],
    ] as const) {
      const type = path.startsWith('/v1/') ? 'application/json' : 'text/plain'
      const response = await viewer.post(path, body, { 'content-type': type, origin })
      assert.equal(response.status, 403, `${path} from ${origin}`)
      assert.equal(response.headers.get('access-control-allow-origin'), null)
    }
    const preflight = await fetch(`${viewer.url}/rum`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example' },
    })
    assert.equal(preflight.status, 403)
    assert.deepEqual((await viewer.state()).sessions, [])
    assert.deepEqual((await viewer.state()).traces, [])
    assert.equal((await viewer.post(agent, llmObs)).status, 200)
  })

  it('streams a change soon after one', async () => {
    const stop = new AbortController()
    const response = await fetch(`${viewer.url}/api/events`, { signal: stop.signal })
    assert.equal(response.headers.get('content-type'), 'text/event-stream')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    assert.match((await reader?.read())?.value ?? '', /^event: change\n/)
    for (let index = 0; index < 20; index++)
      await viewer.postOtlp({ traceId: `${index}`, spanId: '1', attributes: AGENT })
    assert.equal((await reader?.read())?.value, 'event: change\ndata: {}\n\n')
    stop.abort()
  })

  it('serves its page under a policy that runs nothing else', async () => {
    const page = await fetch(viewer.url)
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self'/)
    assert.equal((await fetch(`${viewer.url}/nope`)).status, 404)
    assert.equal((await fetch(`${viewer.url}/..%2f..%2fpackage.json`)).status, 404)
  })

  it('refuses a page whose name was rebound to this address', async () => {
    const { port } = new URL(viewer.url)
    const status = (host: string) =>
      new Promise((resolve, reject) => {
        request({ port, host: '127.0.0.1', path: '/api/state', headers: { host } }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
          .once('error', reject)
          .end()
      })
    assert.equal(await status(`evil.example:${port}`), 403)
    assert.equal(await status(`localhost:${port}`), 200)
  })

  it('survives requests that are no HTTP, or stop in the middle', async () => {
    const { port } = new URL(viewer.url)
    for (const bytes of [
      'nonsense\r\n\r\n',
      'POST /rum HTTP/1.1\r\ncontent-length: 100\r\n\r\nhalf',
      'GET //[ HTTP/1.1\r\nhost: x\r\n\r\n',
    ]) {
      const socket = connect(Number(port), '127.0.0.1')
      socket.on('error', () => {})
      await new Promise((resolve) => socket.write(bytes, resolve))
      await new Promise((resolve) => setTimeout(resolve, 20))
      socket.destroy()
    }
    assert.deepEqual(await viewer.state(), { sessions: [], traces: [], notices: [] })
  })

  it('names the option when the Datadog site is none', async () => {
    await assert.rejects(RunningViewer.start({ datadogSite: 'https://app.datadoghq.com/' }), /DD_SITE/)
  })

  it('takes a batch of the size that exporters send', async () => {
    const roomy = await RunningViewer.start()
    const spans = Array.from({ length: 512 }, (_, index) => ({
      traceId: `${index % 50}`,
      spanId: `${index}`,
      attributes: AGENT,
    }))
    const body = JSON.stringify(exportRequest(spans))
    assert.equal((await roomy.post('/v1/traces', body, JSON_TYPE)).status, 200)
    assert.equal((await roomy.state()).traces.length, 50)
    await roomy.stop()
  })
})

import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import http from 'node:http'
import { createRequire } from 'node:module'
import { diag } from '@opentelemetry/api'
import { bridgeDdTrace } from '../../src/dd-trace/index.js'
import { collectDiag } from '../diag-messages.js'
import { listenOnLoopback } from '../loopback-server.js'
import { uncaughtExceptionsOf } from '../uncaught-exceptions.js'
import { fakeDdTrace, startSpan } from './fake-dd-trace.js'

const CHANNELS = [
  'apm:http2:server:request:start',
  'dd-trace:span:extract',
  'dd-trace:span:start',
  'dd-trace:span:inject',
  'dd-trace:span:finish',
]
const subscribed = () => CHANNELS.map((name) => channel(name).hasSubscribers)
// The other channels are subscribed to when LLM Observability is on, or a span needs them.
const INSTALLED = [true, true, true, false, false]

describe('bridgeDdTrace', () => {
  const installed: { disable(): void }[] = []
  const bridge: typeof bridgeDdTrace = (config) => {
    const handle = bridgeDdTrace(config)
    installed.push(handle)
    return handle
  }
  afterEach(() => {
    for (const { disable } of installed.splice(0)) disable()
    diag.disable()
  })

  it('throws an error that names the option for an invalid configuration', () => {
    const invalid: [config: unknown, message: RegExp][] = [
      [{ isValidSessionId: /a/ }, /isValidSessionId/],
      [{ isValidSessionId: null }, /isValidSessionId/],
      [{ isValidSession: () => true }, /^isValidSession is not an option: use isValidSessionId$/],
      [null, /config/],
      ['all', /config/],
    ]
    for (const [config, message] of invalid) {
      assert.throws(() => bridge(config as never), { name: 'TypeError', message })
    }
    assert.deepEqual(
      subscribed(),
      CHANNELS.map(() => false),
    )
  })

  it('throws an error that names an invalid entry of RUM_LLMOBS_ALLOWED_HOSTS at each call', () => {
    for (let calls = 0; calls < 2; calls++) {
      process.env.RUM_LLMOBS_ALLOWED_HOSTS = 'api.example.com,https://x'
      try {
        assert.throws(() => bridge(), {
          name: 'TypeError',
          message: /RUM_LLMOBS_ALLOWED_HOSTS .*https:\/\/x/,
        })
      } finally {
        delete process.env.RUM_LLMOBS_ALLOWED_HOSTS
      }
      bridge()
    }
  })

  it('subscribes once for the ESM and the CommonJS copy of the package', () => {
    const commonJs = createRequire(import.meta.url)('@rum-llmobs/node-span-processor/dd-trace')
    bridge()
    const { disable } = commonJs.bridgeDdTrace() as { disable(): void }
    assert.deepEqual(subscribed(), INSTALLED)
    disable()
    assert.deepEqual(
      subscribed(),
      CHANNELS.map(() => false),
    )
  })

  it('keeps a newer bridge when an old handle is disabled', () => {
    const { disable } = bridge()
    disable()
    bridge()
    disable()
    assert.deepEqual(subscribed(), INSTALLED)
  })

  it('logs once at debug level that dd-trace is not loaded', async () => {
    const messages = collectDiag()
    bridge()
    bridge()
    const server = http.createServer((_req, res) => res.end('ok'))
    const port = await listenOnLoopback(server)
    const answer = await fetch(`http://127.0.0.1:${port}`, { headers: { baggage: 'session.id=secret-id' } })
    server.close()
    assert.equal(await answer.text(), 'ok')
    assert.equal(messages.length, 1, messages.join('\n'))
    assert.match(messages[0] ?? '', /dd-trace is not loaded/)
  })

  it('does not throw for any message of an unknown dd-trace', async () => {
    const hostile = new Proxy(() => {}, {
      get() {
        throw new Error('hostile')
      },
    })
    const messages = [
      undefined,
      null,
      7,
      {},
      { span: {} },
      { span: hostile },
      { req: null },
      { carrier: 7 },
      hostile,
    ]
    const remove = fakeDdTrace().install()
    // Each message has its bridge, because several failures in a row end one.
    const uncaught = await uncaughtExceptionsOf(() => {
      for (const message of messages) {
        for (const name of CHANNELS) {
          const { disable } = bridge()
          startSpan({ integration: 'otel' })
          assert.ok(subscribed().every(Boolean))
          channel(name).publish(message)
          disable()
        }
      }
    })
    remove()
    assert.deepEqual(uncaught, [])
  })
})

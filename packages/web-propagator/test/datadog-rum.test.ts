import assert from 'node:assert/strict'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { type DatadogRum, datadogRumSessionProvider } from '../src/datadog-rum.js'

const page = globalThis as { DD_RUM?: unknown }

function rum(session_id: string | undefined, configuration?: { allowedTracingUrls?: unknown[] }): DatadogRum {
  return { getInternalContext: () => ({ session_id }), getInitConfiguration: () => configuration }
}

describe('datadogRumSessionProvider', () => {
  afterEach(() => {
    delete page.DD_RUM
  })

  it('answers with the session of the moment', () => {
    let id = 'one'
    const provider = datadogRumSessionProvider({ getInternalContext: () => ({ session_id: id }) })
    assert.equal(provider.getSessionId(), 'one')
    id = 'two'
    assert.equal(provider.getSessionId(), 'two')
  })

  it('finds a DD_RUM that loads after it, and follows one that is replaced', () => {
    const provider = datadogRumSessionProvider()
    assert.equal(provider.getSessionId(), undefined)
    page.DD_RUM = { q: [], onReady() {} }
    assert.equal(provider.getSessionId(), undefined)
    page.DD_RUM = rum('late')
    assert.equal(provider.getSessionId(), 'late')
  })

  it('prefers the SDK that it was given', () => {
    page.DD_RUM = rum('global')
    assert.equal(datadogRumSessionProvider(rum('given')).getSessionId(), 'given')
  })

  it('has no session before init or when sampled out', () => {
    assert.equal(datadogRumSessionProvider({ getInternalContext: () => undefined }).getSessionId(), undefined)
    assert.equal(datadogRumSessionProvider(rum(undefined)).getSessionId(), undefined)
  })

  it('has no session, and does not throw, when the SDK throws', () => {
    const broken: DatadogRum = {
      getInternalContext() {
        throw new Error('broken')
      },
    }
    assert.equal(datadogRumSessionProvider(broken).getSessionId(), undefined)
    Object.defineProperty(page, 'DD_RUM', {
      configurable: true,
      get() {
        throw new Error('broken')
      },
    })
    assert.equal(datadogRumSessionProvider().getSessionId(), undefined)
  })

  it('keeps the session when the configuration cannot be read', () => {
    const getInitConfiguration = () => {
      throw new Error('broken')
    }
    assert.equal(datadogRumSessionProvider({ ...rum('abc'), getInitConfiguration }).getSessionId(), 'abc')
  })

  describe('beside tracing by RUM', () => {
    let warnings: unknown[][]

    beforeEach(() => {
      warnings = []
      const ignore = () => {}
      const logger = { error: ignore, info: ignore, debug: ignore, verbose: ignore }
      diag.setLogger({ ...logger, warn: (...args) => warnings.push(args) }, DiagLogLevel.WARN)
    })
    afterEach(() => diag.disable())

    it('warns once, with a way out and without the session', () => {
      const provider = datadogRumSessionProvider(
        rum('abc', { allowedTracingUrls: ['https://api.example.com'] }),
      )
      provider.getSessionId()
      provider.getSessionId()
      assert.equal(warnings.length, 1)
      assert.match(String(warnings[0]), /@rum-llmobs\/web-propagator,.*allowedTracingUrls.*ignoreUrls/)
      assert.doesNotMatch(String(warnings[0]), /abc/)
    })

    it('warns when the configuration comes later than the first request', () => {
      let configuration: { allowedTracingUrls: unknown[] } | undefined
      const provider = datadogRumSessionProvider({
        getInternalContext: () => undefined,
        getInitConfiguration: () => configuration,
      })
      provider.getSessionId()
      configuration = { allowedTracingUrls: [/api/] }
      provider.getSessionId()
      assert.equal(warnings.length, 1)
    })

    it('says nothing when RUM traces nothing', () => {
      for (const configuration of [undefined, {}, { allowedTracingUrls: [] }]) {
        datadogRumSessionProvider(rum('abc', configuration)).getSessionId()
      }
      assert.deepEqual(warnings, [])
    })
  })
})

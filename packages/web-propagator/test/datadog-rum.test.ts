import assert from 'node:assert/strict'
import { diag } from '@opentelemetry/api'
import { type DatadogRum, datadogRumSessionProvider } from '../src/datadog-rum.js'
import { collectWarnings, newPage } from './new-page.js'

const page = globalThis as { DD_RUM?: unknown }

function rum(session_id: string | undefined, configuration?: { allowedTracingUrls?: unknown[] }): DatadogRum {
  return { getInternalContext: () => ({ session_id }), getInitConfiguration: () => configuration }
}

describe('datadogRumSessionProvider', () => {
  afterEach(() => {
    delete page.DD_RUM
  })

  it('returns the current session at each call', () => {
    let id = 'one'
    const provider = datadogRumSessionProvider({ getInternalContext: () => ({ session_id: id }) })
    assert.equal(provider.getSessionId(), 'one')
    id = 'two'
    assert.equal(provider.getSessionId(), 'two')
  })

  it('finds a DD_RUM that loads later, and follows its replacement', () => {
    const provider = datadogRumSessionProvider()
    assert.equal(provider.getSessionId(), undefined)
    page.DD_RUM = { q: [], onReady() {} }
    assert.equal(provider.getSessionId(), undefined)
    page.DD_RUM = rum('late')
    assert.equal(provider.getSessionId(), 'late')
  })

  it('prefers the SDK passed as argument', () => {
    page.DD_RUM = rum('global')
    assert.equal(datadogRumSessionProvider(rum('given')).getSessionId(), 'given')
  })

  it('returns undefined before init and when RUM is sampled out', () => {
    assert.equal(datadogRumSessionProvider({ getInternalContext: () => undefined }).getSessionId(), undefined)
    assert.equal(datadogRumSessionProvider(rum(undefined)).getSessionId(), undefined)
  })

  it('returns undefined when the SDK throws', () => {
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

  it('returns undefined when getInitConfiguration throws', () => {
    const getInitConfiguration = () => {
      throw new Error('broken')
    }
    assert.equal(datadogRumSessionProvider({ ...rum('abc'), getInitConfiguration }).getSessionId(), undefined)
  })

  describe('with a second copy of RUM in DD_RUM', () => {
    it('keeps asking the copy that was initialized, with and without a session', () => {
      let id: string | undefined = 'one'
      page.DD_RUM = { getInternalContext: () => ({ session_id: id }), getInitConfiguration: () => ({}) }
      const provider = datadogRumSessionProvider()
      assert.equal(provider.getSessionId(), 'one')
      for (const copy of [
        { getInternalContext: () => undefined, getInitConfiguration: () => undefined },
        { q: [], onReady() {} },
        {},
        undefined,
      ]) {
        page.DD_RUM = copy
        id = 'two'
        assert.equal(provider.getSessionId(), 'two')
        id = undefined
        assert.equal(provider.getSessionId(), undefined)
      }
    })

    it('asks the second copy once that is initialized', () => {
      page.DD_RUM = rum('first', {})
      const provider = datadogRumSessionProvider()
      provider.getSessionId()
      let configuration: object | undefined
      page.DD_RUM = {
        getInternalContext: () => configuration && { session_id: 'second' },
        getInitConfiguration: () => configuration,
      }
      assert.equal(provider.getSessionId(), 'first')
      configuration = {}
      assert.equal(provider.getSessionId(), 'second')
    })

    it('asks the second copy if the first was never initialized', () => {
      page.DD_RUM = rum(undefined)
      const provider = datadogRumSessionProvider()
      provider.getSessionId()
      page.DD_RUM = rum('second')
      assert.equal(provider.getSessionId(), 'second')
    })
  })

  describe('with allowedTracingUrls in the configuration of RUM', () => {
    let warnings: string[]
    let datadogRumSessionProvider: ReturnType<typeof newPage>['datadogRumSessionProvider']

    beforeEach(() => {
      warnings = collectWarnings()
      datadogRumSessionProvider = newPage().datadogRumSessionProvider
    })
    afterEach(() => diag.disable())

    it('warns once, names allowedTracingUrls, and does not quote the session', () => {
      const provider = datadogRumSessionProvider(
        rum('abc', { allowedTracingUrls: ['https://api.example.com'] }),
      )
      provider.getSessionId()
      provider.getSessionId()
      assert.equal(warnings.length, 1)
      assert.match(String(warnings[0]), /@rum-llmobs\/web-propagator.*allowedTracingUrls/)
      assert.doesNotMatch(String(warnings[0]), /abc/)
    })

    it('warns when RUM is initialized after the first request', () => {
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

    it('does not warn when RUM traces no URL', () => {
      for (const configuration of [undefined, {}, { allowedTracingUrls: [] }]) {
        datadogRumSessionProvider(rum('abc', configuration)).getSessionId()
      }
      assert.deepEqual(warnings, [])
    })
  })
})

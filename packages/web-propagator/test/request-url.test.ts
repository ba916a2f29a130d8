import assert from 'node:assert/strict'
import {
  type Attributes,
  type Context,
  defaultTextMapSetter,
  diag,
  ROOT_CONTEXT,
  SpanKind,
  trace,
} from '@opentelemetry/api'
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base'
import { destinationPolicy, type UrlMatcher } from '../src/request-url.js'
import { collectWarnings, newPage } from './new-page.js'

const page = globalThis as { location?: unknown; origin?: unknown }

function request(url: string, attribute = 'url.full', kind = SpanKind.CLIENT): Context {
  return contextOf({ [attribute]: url }, kind)
}

function contextOf(attributes: Attributes, kind: SpanKind, provider = new BasicTracerProvider()): Context {
  return trace.setSpan(ROOT_CONTEXT, provider.getTracer('test').startSpan('GET', { kind, attributes }))
}

function allows(url: string, ...allowedUrls: UrlMatcher[]): boolean {
  return destinationPolicy(allowedUrls, false)(request(url))
}

describe('destinationPolicy', () => {
  beforeEach(() => {
    page.location = new URL('https://app.example.com/chat?q=1')
  })
  afterEach(() => {
    delete page.location
    delete page.origin
  })

  describe('with a same-origin URL', () => {
    for (const url of [
      'https://app.example.com/',
      'https://app.example.com/api/chat?x=https://evil.example',
      'https://APP.example.com/api',
      'https://app.example.com:443/api',
      'https://user:password@app.example.com/api',
      'https://app.example.com',
      'HTTPS://app.example.com/api',
      'https://app.example.com?q=https://evil.example/',
      'https://app.example.com#x',
      'https://app.example.com/v1/chat/{id}',
    ]) {
      it(`allows ${url}`, () => assert.equal(allows(url), true))
    }

    for (const url of [
      'http://app.example.com/',
      'https://app.example.com:8443/',
      'https://app.example.com.evil.example/',
      'https://app.example.com@evil.example/',
      'https://app.example.com:443@evil.example/',
      'https://app.example.com\\@evil.example/'.replace('\\', '%5C'),
      'https://evil.example/https://app.example.com/',
      '//evil.example/',
      'data:text/plain,https://app.example.com/',
    ]) {
      it(`refuses ${url}`, () => assert.equal(allows(url), false))
    }

    it('refuses every URL in a sandboxed document, whatever its location', () => {
      page.origin = 'null'
      assert.equal(allows('https://app.example.com/'), false)
    })

    for (const origin of ['https://other.example', 'Berlin', {}]) {
      it(`reads the origin from the location if the page has a variable origin: ${JSON.stringify(origin)}`, () => {
        page.origin = origin
        assert.equal(allows('https://app.example.com/api'), true)
        assert.equal(allows('https://other.example/api'), false)
      })
    }

    for (const href of ['about:srcdoc', 'about:blank']) {
      it(`allows the origin of the parent in a frame with ${href}`, () => {
        page.location = new URL(href)
        page.origin = 'https://app.example.com'
        assert.equal(allows('https://app.example.com/api'), true)
        assert.equal(allows('https://APP.example.com/api'), true)
        assert.equal(allows('https://other.example/'), false)
      })
    }

    for (const href of ['about:srcdoc', 'file:///index.html', 'data:text/html,x']) {
      it(`refuses URLs without an origin in a document of ${href} without an origin`, () => {
        page.location = new URL(href)
        for (const origin of ['null', undefined]) {
          page.origin = origin
          for (const url of ['data:text/plain,x', 'app-scheme://x/y', 'file:///etc/hosts', 'about:blank']) {
            assert.equal(allows(url), false)
          }
        }
      })
    }

    it('refuses every URL but allowedUrls if there is no location', () => {
      delete page.location
      assert.equal(allows('https://app.example.com/'), false)
      assert.equal(allows('https://app.example.com/', 'https://app.example.com'), true)
    })
  })

  describe('with a string', () => {
    const chat = 'https://api.example.com/chat'
    for (const [url, allowed, expected] of [
      ['https://api.example.com/', 'https://api.example.com', true],
      ['https://api.example.com/any/path?q', 'https://api.example.com', true],
      ['https://API.example.com:443/chat', 'https://Api.Example.com', true],
      ['https://api.example.com/', 'https://api.example.com:443/', true],
      ['https://api.example.com:8443/', 'https://api.example.com', false],
      ['http://api.example.com/', 'https://api.example.com', false],
      ['https://api.example.com.evil.example/', 'https://api.example.com', false],
      ['https://api.example.com@evil.example/', 'https://api.example.com', false],
      ['https://evil.example/?https://api.example.com', 'https://api.example.com', false],
      ['https://api.example.com/chat', chat, true],
      ['https://api.example.com/chat/', chat, true],
      ['https://api.example.com/chat/x?y#z', chat, true],
      ['https://api.example.com/chat?x', chat, true],
      ['https://api.example.com/chat/x', `${chat}/`, true],
      ['https://api.example.com/chatty', chat, false],
      ['https://api.example.com/Chat', chat, false],
      ['https://api.example.com//chat', chat, false],
      ['https://api.example.com/chat/../admin', chat, false],
      ['https://api.example.com/chat/%2e%2E/admin', chat, false],
      ['https://api.example.com/x/../chat', chat, true],
      ['https://api.example.com/?/chat', chat, false],
      ['https://api.example.com/#/chat', chat, false],
      ['blob:https://api.example.com/chat', chat, false],
    ] as const) {
      it(`${expected ? 'covers' : 'does not cover'} ${url} by ${allowed}`, () => {
        assert.equal(allows(url, allowed), expected)
      })
    }
  })

  describe('with a RegExp', () => {
    it('tests the RegExp against origin and path, not the query', () => {
      assert.equal(allows('https://api.example.com/chat?x', /^https:\/\/api\.example\.com\/chat$/), true)
      assert.equal(allows('https://evil.example/?api.example.com', /api\.example\.com/), false)
      assert.equal(
        allows('https://api.example.com@evil.example/#api.example.com', /api\.example\.com/),
        false,
      )
    })

    for (const flags of ['g', 'y', 'gy']) {
      it(`carries no state from request to request with the flags ${flags}`, () => {
        const matcher = new RegExp('https://api', flags)
        matcher.lastIndex = 5
        const isAllowed = destinationPolicy([matcher], false)
        const answers = [1, 2, 3].map(() => isAllowed(request('https://api.example.com/')))
        assert.deepEqual(answers, [true, true, true])
        assert.equal(matcher.lastIndex, 5)
      })
    }
  })

  describe('with a function', () => {
    it('passes the whole URL to the function', () => {
      const seen: string[] = []
      const remember = (url: URL) => seen.push(url.href) > 0
      assert.equal(allows('https://api.example.com/chat?x=1', remember), true)
      assert.deepEqual(seen, ['https://api.example.com/chat?x=1'])
    })

    it('refuses the request if the function throws or returns anything but true', () => {
      const answers: unknown[] = [false, 1, 'yes', Promise.resolve(true)]
      for (const answer of answers)
        assert.equal(allows('https://x.example/', (() => answer) as () => boolean), false)
      const broken = () => {
        throw new Error('broken')
      }
      assert.equal(allows('https://x.example/', broken), false)
      assert.equal(allows('https://x.example/', broken, 'https://x.example'), true)
    })

    it('passes a copy of the URL, so the function cannot change it for the next matcher', () => {
      const change = (url: URL) => {
        url.hostname = 'api.example.com'
        return false
      }
      assert.equal(allows('https://x.example/', change, 'https://api.example.com'), false)
    })
  })

  describe('with text other than an absolute http(s) URL', () => {
    const { host } = new URL('https://app.example.com')
    for (const text of [
      '',
      ' ',
      '/',
      '/v1/chat/:id',
      'v1/chat',
      './chat',
      '?q',
      '#x',
      '*',
      ':id',
      '{url}',
      '[REDACTED]',
      'undefined',
      'https://',
      'https:///',
      'https://?q',
      'https://*/chat',
      'https://[app/',
      `//${host}/api`,
      `///${host}/api`,
      `\\\\${host}\\api`,
      `http:api`,
      `https:api`,
      `https:/api`,
      `https:${host}/api`,
      `https:/${host}/api`,
      `https:///${host}/api`,
      `https:\\\\${host}/api`,
      `https:/\\${host}/api`,
      `https://${host}\\@evil.example/`,
      `https://evil.example\\.${host}/`,
      `https://${host}\t/api`,
      `https://app\n.example.com/api`,
      ` https://${host}/api`,
      `\thttps://${host}/api`,
      `\0https://${host}/api`,
      `ht\ntps://${host}/api`,
      `GET https://${host}/api`,
      `"https://${host}/api"`,
      `${host}/api`,
      `blob:https://${host}/0b1f`,
      `filesystem:https://${host}/x`,
      `view-source:https://${host}/`,
      `javascript:https://${host}/`,
      `data:text/plain,https://${host}/`,
      `ws://${host}/`,
      `ftp://${host}/`,
      'about:blank',
      'about:srcdoc',
      'file:///etc/hosts',
      'app-scheme://x/y',
    ]) {
      it(`returns whenUnknown for ${JSON.stringify(text)}`, () => {
        for (const attribute of ['url.full', 'http.url']) {
          assert.equal(destinationPolicy([/./], true)(request(text, attribute)), true)
          assert.equal(destinationPolicy([/./], false)(request(text, attribute)), false)
        }
      })
    }

    it('refuses the text undefined if there is no location', () => {
      delete page.location
      for (const text of ['undefined', 'undefined/', 'null', '']) assert.equal(allows(text), false)
      assert.equal(destinationPolicy([], false)(ROOT_CONTEXT), false)
    })
  })

  describe('with an unknown URL', () => {
    const off = new BasicTracerProvider({ sampler: new AlwaysOffSampler() })
    for (const [name, context] of Object.entries({
      'no span': ROOT_CONTEXT,
      'an unsampled span': contextOf({ 'url.full': 'https://app.example.com/' }, SpanKind.CLIENT, off),
      'a client span without URL': contextOf({}, SpanKind.CLIENT),
      'the page URL on a user interaction': request(
        'https://app.example.com/',
        'http.url',
        SpanKind.INTERNAL,
      ),
      'an incomplete URL': request('https://'),
    })) {
      it(`returns whenUnknown for ${name}`, () => {
        assert.equal(destinationPolicy([/./], true)(context), true)
        assert.equal(destinationPolicy([/./], false)(context), false)
      })
    }
  })

  describe('in an unsampled trace', () => {
    afterEach(() => diag.disable())

    for (const [whenUrlUnknown, sent] of [
      ['skip', 'the session of sampled requests, and warns once,'],
      ['inject', 'every session, without a warning,'],
    ] as const) {
      it(`sends ${sent} with whenUrlUnknown '${whenUrlUnknown}' and a TraceIdRatioBasedSampler`, () => {
        const warnings = collectWarnings()
        const { SessionBaggagePropagator } = newPage()
        const sessionProvider = { getSessionId: () => 'secret' }
        const propagator = new SessionBaggagePropagator({ sessionProvider, whenUrlUnknown })
        const provider = new BasicTracerProvider({ sampler: new TraceIdRatioBasedSampler(0.1) })
        let sampled = 0
        let sessions = 0
        for (let i = 0; i < 200; i++) {
          const from = contextOf({ 'url.full': 'https://app.example.com/' }, SpanKind.CLIENT, provider)
          if (trace.getSpan(from)?.isRecording()) sampled++
          const carrier: { baggage?: string } = {}
          propagator.inject(from, carrier, defaultTextMapSetter)
          if (carrier.baggage === 'session.id=secret') sessions++
        }
        assert.ok(sampled < 200)
        assert.equal(sessions, whenUrlUnknown === 'inject' ? 200 : sampled)
        assert.equal(warnings.length, whenUrlUnknown === 'inject' ? 0 : 1)
        for (const warning of warnings) {
          assert.match(warning, /@rum-llmobs\/web-propagator.*unsampled.*whenUrlUnknown.*'inject'/)
          assert.doesNotMatch(warning, /secret|app\.example/)
        }
      })
    }

    it('does not warn without a span, without a URL, and for another origin', () => {
      const warnings = collectWarnings()
      const { SessionBaggagePropagator } = newPage()
      const propagator = new SessionBaggagePropagator({ sessionProvider: { getSessionId: () => 'abc' } })
      for (const from of [ROOT_CONTEXT, contextOf({}, SpanKind.CLIENT), request('https://other.example/')]) {
        propagator.inject(from, {}, defaultTextMapSetter)
      }
      assert.deepEqual(warnings, [])
    })
  })

  it('reads url.full before http.url, which older instrumentations write', () => {
    assert.equal(destinationPolicy([], false)(request('https://app.example.com/', 'http.url')), true)
    const both = { 'url.full': 'https://x.example/', 'http.url': 'https://app.example.com/' }
    assert.equal(destinationPolicy([], true)(contextOf(both, SpanKind.CLIENT)), false)
  })

  describe('with an invalid matcher', () => {
    for (const matcher of [
      '/api',
      'api.example.com',
      'localhost:3000',
      '//api.example.com',
      '',
      'https://',
      'https://*.example.com',
      'http:api.example.com',
      'https:\\\\api.example.com',
      ' https://api.example.com',
      'https://api.example.com/?q',
      'https://api.example.com/#x',
      'https://user@api.example.com/',
      'data:text/plain,x',
      null,
      42,
      {},
    ]) {
      it(`throws an error that names the option: ${JSON.stringify(matcher)}`, () => {
        const create = () => destinationPolicy(['https://ok.example', matcher as string], false)
        assert.throws(create, { name: 'TypeError', message: /allowedUrls\[1\]/ })
      })
    }

    it('throws if allowedUrls is not an array', () => {
      for (const allowedUrls of ['https://api.example.com', /x/, null, {}]) {
        const create = () => destinationPolicy(allowedUrls as UrlMatcher[], false)
        assert.throws(create, { name: 'TypeError', message: /allowedUrls must be an array/ })
      }
    })
  })
})

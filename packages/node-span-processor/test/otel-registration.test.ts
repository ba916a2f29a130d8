import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REGISTER, REGISTER_CJS, runApp, SESSION } from './fixtures/registered-app.js'

const PACKAGE = join(import.meta.dirname, '..')

describe('register, OpenTelemetry', function () {
  this.timeout(60_000)

  const registrations = {
    'that registers later': { flags: ['--import', REGISTER], load: '' },
    'that registers later, with --require': { flags: ['--require', REGISTER_CJS], load: '' },
    'that registered earlier': { flags: [], load: `require(${JSON.stringify(REGISTER_CJS)})` },
    'if register is loaded twice': { flags: ['--import', REGISTER, '--require', REGISTER_CJS], load: '' },
  }
  for (const [name, { flags, load }] of Object.entries(registrations)) {
    it(`gives the session to the spans of an SDK ${name}, and guards its propagator`, async () => {
      const { report, stderr } = await runApp(
        `const early = trace.getTracer('early')
        newProvider().register()
        ${load}
        early.startSpan('early', AGENT, withSession()).end()
        context.with(withSession(), () => startAgent('active').end())
        context.with(withSession(), () => startAgent('none', ROOT_CONTEXT).end())
        const { attributes } = exporter.getFinishedSpans()[0]
        return { sessions: sessions(), attributes, vendor: outgoing('api.openai.com'), inside: outgoing('inventory') }`,
        { flags },
      )
      assert.deepEqual(report, {
        sessions: { early: SESSION, active: SESSION, none: null },
        attributes: {
          'gen_ai.operation.name': 'invoke_agent',
          'session.id': SESSION,
          'gen_ai.conversation.id': SESSION,
        },
        vendor: null,
        inside: `session.id=${SESSION}`,
      })
      assert.equal(stderr.replaceAll(/.*not sent to api.openai.com.*\n|.*--trace-warnings.*\n/g, ''), '')
    })
  }

  it('reads the session of the first HTTP request without HTTP instrumentation', async () => {
    const { report } = await runApp(
      `newProvider().register()
      await serveOne(() => startAgent('agent').end())
      return sessions()`,
    )
    assert.deepEqual(report, { agent: SESSION })
  })

  it('does not use AsyncLocalStorage until an SDK is registered', async () => {
    const { report } = await runApp(
      `const { AsyncLocalStorage } = require('node:async_hooks')
      let entered = 0
      const { enterWith } = AsyncLocalStorage.prototype
      AsyncLocalStorage.prototype.enterWith = function (...args) { entered += 1; return enterWith.apply(this, args) }
      await serveOne(() => {})
      const before = entered
      newProvider().register()
      await serveOne(() => {})
      return { before, after: entered > before }`,
    )
    assert.deepEqual(report, { before: 0, after: true })
  })

  it('serves every SDK that registers after disable()', async () => {
    const { report } = await runApp(
      `trace.disable(), context.disable(), propagation.disable()
      const vendor = []
      for (const name of ['first', 'second', 'third']) {
        newProvider().register()
        startAgent(name, withSession()).end()
        vendor.push(outgoing('api.openai.com'))
        trace.disable(), context.disable(), propagation.disable()
      }
      return { ...sessions(), vendor }`,
    )
    assert.deepEqual(report, {
      first: SESSION,
      second: SESSION,
      third: SESSION,
      vendor: [null, null, null],
    })
  })

  it('wraps a propagator once, and does not patch the proxies of the API', async () => {
    const { report } = await runApp(
      `const { startSpan } = api.ProxyTracer.prototype
      newProvider().register()
      const guard = propagation._getGlobalPropagator()
      propagation.disable()
      propagation.setGlobalPropagator(guard)
      return {
        once: propagation._getGlobalPropagator() === guard,
        untouched: api.ProxyTracer.prototype.startSpan === startSpan,
      }`,
    )
    assert.deepEqual(report, { once: true, untouched: true })
  })

  it('serves a provider that is assigned to the global of the API without a proxy', async () => {
    const { report } = await runApp(
      `newProvider().register()
      globalThis[Symbol.for('opentelemetry.js.api.1')].trace =
        new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
      startAgent('agent', withSession()).end()
      return sessions()`,
    )
    assert.deepEqual(report, { agent: SESSION })
  })

  it('serves tracers and spans of subclasses, and tracers that are plain objects', async () => {
    const { report } = await runApp(
      `const provider = newProvider()
      const wrapping = {
        getTracer(...args) {
          const tracer = provider.getTracer(...args)
          if (args[0] === 'plain') return { startSpan: (...call) => tracer.startSpan(...call) }
          return Object.create(Object.create(tracer))
        },
      }
      trace.setGlobalTracerProvider({ getTracer: (name) => wrapping.getTracer('plain') })
      startAgent('plain', withSession()).end()
      trace.disable()
      trace.setGlobalTracerProvider(wrapping)
      startAgent('derived', withSession()).end()
      return sessions()`,
    )
    assert.deepEqual(report, { plain: SESSION, derived: SESSION })
  })

  it('serves an SDK whose spans each have a prototype', async () => {
    const { report } = await runApp(
      `const tracer = newProvider().getTracer('app')
      class Wrapping { startSpan(...args) { return Object.create(tracer.startSpan(...args)) } }
      trace.setGlobalTracerProvider({ getTracer: () => new Wrapping() })
      for (let i = 0; i < 20_000; i++) startAgent('agent', withSession()).end()
      const joined = exporter.getFinishedSpans().filter((span) => span.attributes['session.id'] === SESSION)
      return joined.length`,
    )
    assert.equal(report, 20_000)
  })

  it('writes the session before onEnding of the application if the kind is set after the start', async () => {
    const { report } = await runApp(
      `const seen = []
      newProvider({
        spanProcessors: [
          { onStart() {}, onEnding: (span) => seen.push(span.attributes['session.id'], span.isRecording()),
            onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} },
          new SimpleSpanProcessor(exporter),
        ],
      }).register()
      const span = trace.getTracer('app').startSpan('late', {}, withSession())
      span.setAttribute('openinference.span.kind', 'AGENT')
      span.end()
      span.end()
      return { seen, sessions: sessions() }`,
    )
    assert.deepEqual(report, { seen: [SESSION, true], sessions: { late: SESSION } })
  })

  it('writes the session if a span processor of the application sets the kind in onEnding', async () => {
    const { report } = await runApp(
      `newProvider({
        spanProcessors: [
          { onStart() {}, onEnding: (span) => span.setAttribute('openinference.span.kind', 'AGENT'),
            onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} },
          new SimpleSpanProcessor(exporter),
        ],
      }).register()
      trace.getTracer('app').startSpan('late', {}, withSession()).end()
      return sessions()`,
    )
    assert.deepEqual(report, { late: SESSION })
  })

  it('resolves the parent, `root` and startActiveSpan as the SDK does', async () => {
    const { report } = await runApp(
      `newProvider().register()
      const tracer = trace.getTracer('app')
      const parent = startAgent('parent', withSession())
      tracer.startActiveSpan('active', AGENT, trace.setSpan(ROOT_CONTEXT, parent), (active) => {
        startAgent('below').end()
        startAgent('detached', undefined, { root: true }).end()
        active.end()
      })
      parent.end()
      const ids = Object.fromEntries(exporter.getFinishedSpans().map((s) => [s.name, s.spanContext().traceId]))
      return { sessions: sessions(), oneTrace: ids.below === ids.parent, own: ids.detached !== ids.parent }`,
    )
    const sessions = { parent: SESSION, active: SESSION, below: SESSION, detached: null }
    assert.deepEqual(report, { sessions, oneTrace: true, own: true })
  })

  it('ignores unsampled spans and suppressed tracing', async () => {
    const { report, stderr } = await runApp(
      `const { AlwaysOffSampler } = require('@opentelemetry/sdk-trace-base')
      newProvider({ sampler: new AlwaysOffSampler() }).register()
      const span = startAgent('unsampled', withSession())
      startAgent('suppressed', core.suppressTracing(withSession())).end()
      span.end()
      return { recording: span.isRecording(), flags: span.spanContext().traceFlags, sessions: sessions() }`,
    )
    assert.deepEqual(report, { recording: false, flags: 0, sessions: {} })
    assert.equal(stderr, '')
  })

  describe('beside parts that the application constructs', () => {
    it('leaves spans to the LlmObsSessionSpanProcessor of the application, and guards the propagator', async () => {
      const { report } = await runApp(
        `newProvider({ spanProcessors: [
          new rumLlmobs.LlmObsSessionSpanProcessor({ conversationId: 'never' }), new SimpleSpanProcessor(exporter),
        ] }).register()
        startAgent('agent', withSession()).end()
        return { attributes: exporter.getFinishedSpans()[0].attributes, vendor: outgoing('api.openai.com') }`,
      )
      assert.deepEqual(report, {
        attributes: { 'gen_ai.operation.name': 'invoke_agent', 'session.id': SESSION, session_id: SESSION },
        vendor: null,
      })
    })

    it('leaves spans to a LlmObsSessionSpanProcessor that the application constructs after registering another SDK', async () => {
      const { report } = await runApp(
        `newProvider().register()
        startAgent('before', withSession()).end()
        trace.disable(), context.disable(), propagation.disable()
        newProvider({ spanProcessors: [
          new rumLlmobs.LlmObsSessionSpanProcessor({ conversationId: 'never' }), new SimpleSpanProcessor(exporter),
        ] }).register()
        startAgent('after', withSession()).end()
        return exporter.getFinishedSpans().map((s) => s.attributes['gen_ai.conversation.id'] ?? null)`,
      )
      assert.deepEqual(report, [SESSION, null])
    })

    it('leaves the propagator to the FirstPartyBaggagePropagator of the application, and serves spans', async () => {
      const { report } = await runApp(
        `const propagator = new rumLlmobs.FirstPartyBaggagePropagator({
          propagator: new core.W3CBaggagePropagator(), allowedHosts: ['api.example.com'],
        })
        newProvider().register({ propagator })
        startAgent('agent', withSession()).end()
        return { inForce: propagation._getGlobalPropagator() === propagator, ...sessions(),
          allowed: outgoing('api.example.com'), vendor: outgoing('api.openai.com') }`,
      )
      assert.deepEqual(report, {
        inForce: true,
        agent: SESSION,
        allowed: `session.id=${SESSION}`,
        vendor: null,
      })
    })
  })

  describe('RUM_LLMOBS_ALLOWED_HOSTS', () => {
    it('lists public first-party hosts, separated by commas', async () => {
      const { report } = await runApp(
        `newProvider().register()
        return ['api.example.com', 'eu.example.org', 'example.org', 'api.openai.com'].map(outgoing)`,
        { env: { RUM_LLMOBS_ALLOWED_HOSTS: 'api.example.com, *.example.org,' } },
      )
      const header = `session.id=${SESSION}`
      assert.deepEqual(report, [header, header, null, null])
    })

    for (const flags of [
      ['--import', REGISTER],
      ['--require', REGISTER_CJS],
    ]) {
      it(`ends the process with an error that names the invalid entry (${flags[0]})`, async () => {
        await assert.rejects(
          runApp(`return 'the app runs'`, {
            flags,
            env: { RUM_LLMOBS_ALLOWED_HOSTS: 'https://api.example.com/v1' },
          }),
          (error: { code: number; stdout: string; stderr: string }) => {
            assert.equal(error.code, 1)
            assert.equal(error.stdout, '')
            assert.match(
              error.stderr,
              /TypeError: RUM_LLMOBS_ALLOWED_HOSTS must be .*'https:\/\/api\.example\.com\/v1'/,
            )
            return true
          },
        )
      })
    }
  })

  describe('warnings', () => {
    it('reports a propagator without baggage once, and does not wrap it', async () => {
      const { report, stderr } = await runApp(
        `const propagator = new core.W3CTraceContextPropagator()
        for (let i = 0; i < 2; i++) {
          newProvider().register({ propagator })
          trace.disable(), context.disable(), propagation.disable()
        }
        newProvider().register({ propagator })
        await serveOne(() => startAgent('agent').end())
        return { inForce: propagation._getGlobalPropagator() === propagator, ...sessions() }`,
      )
      assert.deepEqual(report, { inForce: true, agent: SESSION })
      assert.equal(stderr.match(/\[RUM_LLMOBS\].* does not know `baggage`/g)?.length, 1, stderr)
    })

    it("reports Jaeger's propagator once, and guards its baggage", async () => {
      const { report, stderr } = await runApp(
        `const { JaegerPropagator } = await import('@opentelemetry/propagator-jaeger')
        newProvider().register({ propagator: new JaegerPropagator() })
        const attributes = { 'server.address': 'api.third-party.example' }
        const span = trace.getTracer('app').startSpan('GET', { kind: 2, attributes })
        const entries = propagation.createBaggage({ 'session.id': { value: 'a' }, tenant: { value: 'b' } })
        const carrier = {}
        propagation.inject(propagation.setBaggage(trace.setSpan(context.active(), span), entries), carrier)
        return Object.keys(carrier)`,
      )
      assert.deepEqual(report, ['uber-trace-id', 'uberctx-tenant'])
      assert.equal(stderr.match(/\[RUM_LLMOBS\].* does not know `baggage`/g)?.length, 1, stderr)
    })

    it('reports an SDK whose spans have no attributes once', async () => {
      const { report, stderr } = await runApp(
        `let ended = 0
        class OddSpan { spanContext() {} isRecording() { return true } end() { ended += 1 } }
        class OddTracer { startSpan() { return new OddSpan() } }
        trace.setGlobalTracerProvider({ getTracer: () => new OddTracer() })
        for (let i = 0; i < 2; i++) startAgent('odd').end()
        return ended`,
      )
      assert.equal(report, 2)
      assert.equal(stderr.match(/\[RUM_LLMOBS\].* SDK is not known/g)?.length, 1, stderr)
    })

    it('reports an SDK that cannot be patched, which keeps working', async () => {
      const { report, stderr } = await runApp(
        `let thrown
        const span = { spanContext() {}, isRecording: () => true, end() {} }
        const tracer = Object.freeze({ startSpan: () => span })
        trace.setGlobalTracerProvider(Object.freeze({ getTracer: () => tracer }))
        propagation.setGlobalPropagator({ inject() {}, extract: (c) => c, fields() { throw new Error('no fields') } })
        return startAgent('odd') === span`,
      )
      assert.equal(report, true)
      assert.equal(stderr.match(/\[RUM_LLMOBS\].* SDK is not known/g)?.length, 1, stderr)
    })

    it('reports an LLM Observability span without a session if no request has brought one', async () => {
      const { stderr } = await runApp(`newProvider().register(); startAgent('agent').end()`)
      assert.match(stderr, /\[RUM_LLMOBS\].*ended without a session/)
    })

    it('reports version 2 of the API', async () => {
      const { stderr } = await runApp(
        `globalThis[Symbol.for('opentelemetry.js.api.2')] = { version: '2.0.0' }`,
      )
      assert.match(stderr, /\[RUM_LLMOBS\].*version 2 of @opentelemetry\/api is not known/)
    })

    it('reports nothing without OpenTelemetry and dd-trace', async () => {
      const { stderr } = await runApp(`await serveOne(() => {})`)
      assert.equal(stderr, '')
    })
  })

  it('throws the same exceptions as without register', async () => {
    const { report } = await runApp(
      `const thrown = []
      const attempt = (name, call) => { try { call() } catch (error) { thrown.push(name + ': ' + error.message) } }
      newProvider({ spanProcessors: [{ onStart() { throw new Error('start') }, onEnd() {} }] }).register()
      attempt('onStart', () => startAgent('agent', withSession()))
      trace.disable()
      newProvider({ spanProcessors: [{ onStart() {}, onEnd() { throw new Error('end') } }] }).register()
      attempt('onEnd', () => startAgent('agent', withSession()).end())
      attempt('null context', () => startAgent('agent', null))
      attempt('null options', () => trace.getTracer('app').startSpan('agent', null))
      const odd = withSession()
      odd.getValue = () => { throw new Error('context') }
      attempt('context', () => startAgent('agent', odd))
      return thrown`,
    )
    const bare = await runApp(
      `const thrown = []
      const attempt = (name, call) => { try { call() } catch (error) { thrown.push(name + ': ' + error.message) } }
      newProvider().register()
      attempt('null context', () => startAgent('agent', null))
      attempt('null options', () => trace.getTracer('app').startSpan('agent', null))
      return thrown`,
      { flags: [] },
    )
    assert.deepEqual(report, ['onStart: start', 'onEnd: end', ...bare.report, 'context: context'])
  })

  it('lets an app flush, shut down and exit as without register', async () => {
    const body = `const provider = newProvider()
      provider.register()
      await serveOne(() => startAgent('agent').end())
      await provider.forceFlush()
      const spans = exporter.getFinishedSpans().length
      await provider.shutdown()
      return { spans }`
    const { report } = await runApp(body)
    assert.deepEqual(report, (await runApp(body, { flags: [] })).report)
  })

  it('patches once in a process with many realms, and serves the API global of each', async () => {
    const { report } = await runApp(
      `const vm = require('node:vm'), fs = require('node:fs'), path = require('node:path')
      const { channel } = require('node:diagnostics_channel')
      const file = ${JSON.stringify(REGISTER_CJS)}
      function loadIn(realm) {
        const cache = {}
        const load = (from) => {
          if (cache[from]) return cache[from].exports
          const module = (cache[from] = { exports: {} })
          const code = '(function (module, exports, require) {' + fs.readFileSync(from, 'utf8') + '\\n})'
          vm.runInContext(code, realm, { filename: from })(module, module.exports, (name) => {
            if (name.startsWith('.')) return load(path.resolve(path.dirname(from), name))
            return require(name)
          })
          return module.exports
        }
        load(file)
      }
      newProvider().register()
      const before = channel('http.server.request.start')._subscribers?.length
      const startSpan = Object.getPrototypeOf(trace.getTracer('app')._getTracer?.() ?? trace.getTracer('app')).startSpan
      let served = 0
      for (let i = 0; i < 20; i++) {
        const realm = vm.createContext({ process, console })
        loadIn(realm)
        realm.trace = newProvider()
        vm.runInContext("globalThis[Symbol.for('opentelemetry.js.api.1')] = { version: '1.9.1', trace }", realm)
        const { trace: own } = vm.runInContext("globalThis[Symbol.for('opentelemetry.js.api.1')]", realm)
        own.getTracer('app').startSpan('realm', AGENT, withSession()).end()
      }
      const now = Object.getPrototypeOf(trace.getTracer('app')).startSpan
      const values = exporter.getFinishedSpans().map((s) => s.attributes['session.id'])
      return {
        subscribers: channel('http.server.request.start')._subscribers?.length - before,
        patchedOnce: startSpan === now, joined: values.filter((v) => v === SESSION).length,
      }`,
    )
    assert.deepEqual(report, { subscribers: 0, patchedOnce: true, joined: 20 })
  })

  describe('with a newer copy of the API than the registered one', () => {
    let directory: string
    before(() => {
      directory = mkdtempSync(join(tmpdir(), 'rum-llmobs-newer-api-'))
      const modules = join(directory, 'node_modules')
      const api = join(modules, '@opentelemetry/api')
      cpSync(join(PACKAGE, '../../node_modules/@opentelemetry/api'), api, { recursive: true })
      const version = join(api, 'build/src/version.js')
      writeFileSync(version, readFileSync(version, 'utf8').replace(/'1\.\d+\.\d+'/, "'1.99.0'"))
      const own = join(modules, '@rum-llmobs/node-span-processor')
      mkdirSync(own, { recursive: true })
      cpSync(join(PACKAGE, 'dist'), join(own, 'dist'), { recursive: true })
      cpSync(join(PACKAGE, 'package.json'), join(own, 'package.json'))
    })
    after(() => rmSync(directory, { recursive: true, force: true }))

    it('keeps parents, sessions and the guard', async () => {
      const own = join(directory, 'node_modules/@rum-llmobs/node-span-processor')
      const { report } = await runApp(
        `const newer = require(${JSON.stringify(join(directory, 'node_modules/@opentelemetry/api'))})
        newProvider().register()
        context.with(withSession(), () => trace.getTracer('app').startActiveSpan('parent', AGENT, (parent) => {
          const isRoot = newer.context.active() === newer.ROOT_CONTEXT
          startAgent('child').end()
          parent.end()
          exporter.isRoot = isRoot
        }))
        const [child, parent] = exporter.getFinishedSpans()
        return { isRoot: exporter.isRoot, child: child.parentSpanContext.spanId === parent.spanContext().spanId,
          sessions: sessions(), vendor: outgoing('api.openai.com') }`,
        { flags: ['--require', join(own, 'dist/cjs/register.js')] },
      )
      const sessions = { parent: SESSION, child: SESSION }
      assert.deepEqual(report, { isRoot: true, child: true, sessions, vendor: null })
    })
  })
})

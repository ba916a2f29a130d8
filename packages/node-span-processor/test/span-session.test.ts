import assert from 'node:assert/strict'
import { AsyncResource } from 'node:async_hooks'
import http from 'node:http'
import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { AlwaysOnSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { LlmObsSessionSpanProcessor } from '../src/llmobs-session-span-processor.js'
import { listenOnLoopback } from './loopback-server.js'

const REMOTE = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }

describe('SpanSession', () => {
  const processors: LlmObsSessionSpanProcessor[] = []
  const tracer = new BasicTracerProvider({
    sampler: new AlwaysOnSampler(),
    spanProcessors: [processor({ spans: 'all' })],
  }).getTracer('test')
  let server: http.Server
  let url: string
  let handler: () => unknown

  function processor(config: ConstructorParameters<typeof LlmObsSessionSpanProcessor>[0]) {
    const made = new LlmObsSessionSpanProcessor(config)
    processors.push(made)
    return made
  }

  before(async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    server = http.createServer(async (_, res) => {
      res.end(JSON.stringify((await handler()) ?? null))
    })
    url = `http://127.0.0.1:${await listenOnLoopback(server)}/`
  })
  after(async () => {
    for (const made of processors) await made.shutdown()
    context.disable()
    server.close()
    server.closeAllConnections()
  })

  /** Runs `work` in a request, and returns its result. */
  async function inRequest<Result>(session: string | undefined, work: () => Result | Promise<Result>) {
    let result: Promise<Result> | undefined
    handler = () => {
      result = (async () => await work())()
      return result.then(
        () => undefined,
        () => undefined,
      )
    }
    const headers: Record<string, string> = session === undefined ? {} : { baggage: `session.id=${session}` }
    await (await fetch(url, { headers })).text()
    return result as unknown as Promise<Result>
  }

  const sessionOf = (span: Span) =>
    (span as unknown as { attributes: Record<string, unknown> }).attributes['session.id']
  const start = (options: SpanOptions = {}, parent: Context = context.active(), by = tracer) =>
    by.startSpan('work', options, parent)
  const below = (span: Span, parent = context.active()) => trace.setSpan(parent, span)
  const withEntries = (entries: Record<string, string>, parent = context.active()) =>
    propagation.setBaggage(
      parent,
      propagation.createBaggage(
        Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, { value }])),
      ),
    )
  const remote = (parent = context.active()) =>
    trace.setSpanContext(parent, { ...REMOTE, traceFlags: TraceFlags.SAMPLED, isRemote: true })

  describe('with a session.id in the baggage of the parent context', () => {
    it('prefers the entry to the request and the parent', async () => {
      await inRequest('a', () => {
        const parent = start()
        for (const base of [context.active(), below(parent), remote()]) {
          for (const kind of [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CONSUMER]) {
            assert.equal(sessionOf(start({ kind }, withEntries({ 'session.id': 'own' }, base))), 'own')
          }
        }
      })
    })

    it('finds none for an empty or invalid entry, and none for the children', async () => {
      await inRequest('a', () => {
        for (const value of ['', '<script>', 'x'.repeat(400)]) {
          const refused = start({}, withEntries({ 'session.id': value }))
          assert.equal(sessionOf(refused), undefined)
          assert.equal(sessionOf(start({}, below(refused))), undefined)
          assert.equal(sessionOf(start({}, below(refused, withEntries({ tenant: 'x' })))), undefined)
        }
      })
    })
  })

  describe('with a local parent', () => {
    it("finds the parent's session in a context whose baggage the application replaced", async () => {
      await inRequest(undefined, () => {
        const parent = start({}, withEntries({ 'session.id': 'a' }))
        assert.equal(sessionOf(start({}, below(parent, withEntries({ tenant: 'x' })))), 'a')
        assert.equal(sessionOf(start({}, below(parent, ROOT_CONTEXT))), 'a')
      })
    })

    it("finds the parent's session after the parent ended", () => {
      const parent = start({}, withEntries({ 'session.id': 'a' }, ROOT_CONTEXT))
      parent.end()
      assert.equal(sessionOf(start({}, below(parent, ROOT_CONTEXT))), 'a')
    })

    it('finds none if the parent has none, also in a request with a session', async () => {
      const background = start({}, ROOT_CONTEXT)
      await inRequest('a', () => {
        assert.equal(sessionOf(start({}, below(background))), undefined)
        assert.equal(sessionOf(start({ kind: SpanKind.SERVER }, below(background))), undefined)
      })
    })

    it('finds the session of the request if the parent is foreign or unsampled', async () => {
      const other = new BasicTracerProvider().getTracer('other')
      await inRequest('a', () => {
        const unsampled = trace.wrapSpanContext({ ...REMOTE, traceFlags: TraceFlags.NONE })
        for (const parent of [start({}, context.active(), other), unsampled]) {
          assert.equal(sessionOf(start({}, below(parent))), 'a')
        }
      })
    })
  })

  describe('without a parent, or for a SERVER span', () => {
    it('finds the session of the request', async () => {
      await inRequest('a', async () => {
        assert.equal(sessionOf(start()), 'a')
        await new Promise((resolve) => setTimeout(resolve, 1))
        assert.equal(sessionOf(start({ root: true })), 'a')
        const server = start({ kind: SpanKind.SERVER }, remote())
        assert.equal(sessionOf(server), 'a')
        assert.equal(sessionOf(start({}, below(server))), 'a')
      })
    })

    it('finds none in a request without a session, and outside of a request', async () => {
      assert.equal(sessionOf(start()), undefined)
      await inRequest('a', () => assert.equal(sessionOf(start()), 'a'))
      await inRequest(undefined, () => {
        assert.equal(sessionOf(start()), undefined)
        assert.equal(sessionOf(start({ kind: SpanKind.SERVER }, remote())), undefined)
      })
    })

    it('finds none for an invalid value in the request', async () => {
      for (const value of ['%3Cscript%3E', 'x'.repeat(129), 'x'.repeat(400)]) {
        await inRequest(value, () => assert.equal(sessionOf(start()), undefined))
      }
    })

    it('validates the value with the isValidSessionId of each processor', async () => {
      const { isValidSessionId } = { isValidSessionId: (value: string) => value.startsWith('tenant:') }
      const own = new BasicTracerProvider({
        spanProcessors: [processor({ spans: 'all', isValidSessionId })],
      }).getTracer('own')
      await inRequest('tenant:42', () => {
        assert.equal(sessionOf(start()), undefined)
        assert.equal(sessionOf(start({}, context.active(), own)), 'tenant:42')
      })
    })

    it('finds none for a CONSUMER span and its children', async () => {
      await inRequest('a', () => {
        const consumer = start({ kind: SpanKind.CONSUMER })
        assert.equal(sessionOf(consumer), undefined)
        assert.equal(sessionOf(start({}, below(consumer))), undefined)
      })
    })

    it('finds none for a root that the application detached from a request with a SERVER span', async () => {
      await inRequest('a', () => {
        const server = start({ kind: SpanKind.SERVER }, remote())
        context.with(below(server), () => {
          assert.equal(sessionOf(start({ root: true })), undefined)
          assert.equal(sessionOf(context.with(ROOT_CONTEXT, () => start())), undefined)
          assert.equal(sessionOf(start()), 'a')
        })
      })
    })

    it('finds the session in ROOT_CONTEXT of a request without a SERVER span', async () => {
      await inRequest('a', () => {
        assert.equal(sessionOf(context.with(ROOT_CONTEXT, () => start())), 'a')
      })
    })

    it('finds the session for a second SERVER span, as of a middleware that extracts the context again', async () => {
      await inRequest('a', () => {
        assert.equal(sessionOf(start({ kind: SpanKind.SERVER }, remote())), 'a')
        const second = start({ kind: SpanKind.SERVER }, remote())
        assert.equal(sessionOf(second), 'a')
        assert.equal(sessionOf(start({}, below(second))), 'a')
      })
    })

    it('finds the same session for two processors of a provider', async () => {
      const exported: unknown[] = []
      const twice = new BasicTracerProvider({
        spanProcessors: [processor({ spans: 'agent' }), processor({ spans: 'all' })],
      }).getTracer('twice')
      await inRequest('a', () => {
        const server = start({ kind: SpanKind.SERVER }, remote(), twice)
        exported.push(sessionOf(server), sessionOf(start({}, below(server), twice)))
      })
      assert.deepEqual(exported, ['a', 'a'])
    })

    it('finds the session until 60 seconds after the response in a loop that the request started', async () => {
      const { now } = performance
      let later: (() => Span) | undefined
      try {
        await inRequest('a', () => {
          const inside = new AsyncResource('loop')
          later = () => inside.runInAsyncScope(start)
        })
        await new Promise((resolve) => setTimeout(resolve, 10))
        assert.equal(later && sessionOf(later()), 'a')
        performance.now = () => now.call(performance) + 59_000
        assert.equal(later && sessionOf(later()), 'a')
        performance.now = () => now.call(performance) + 60_001
        assert.equal(later && sessionOf(later()), undefined)
      } finally {
        performance.now = now
      }
    })
  })

  describe('with a remote parent, for kinds other than SERVER', () => {
    it('finds none, because the trace belongs to a message', async () => {
      await inRequest('a', () => {
        for (const kind of [SpanKind.INTERNAL, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER]) {
          const span = start({ kind }, remote())
          assert.equal(sessionOf(span), undefined)
          assert.equal(sessionOf(start({}, below(span))), undefined)
        }
      })
    })
  })

  describe('for a job in the async context of another request', () => {
    // A pool that a request started. Its tasks run in that request's async context.
    async function pool() {
      const jobs: (() => void)[] = []
      const loop = await inRequest('pool', () => {
        const inside = new AsyncResource('pool')
        return () => inside.runInAsyncScope(() => jobs.splice(0).map((job) => job()))
      })
      return { jobs, loop }
    }

    it('finds the session of the bound context, with and without baggage in the propagator', async () => {
      const { jobs, loop } = await pool()
      const seen: unknown[] = []
      for (const incoming of [() => remote(withEntries({ 'session.id': 'a' })), () => remote()]) {
        await inRequest('a', () => {
          const server = start({ kind: SpanKind.SERVER }, incoming())
          jobs.push(context.bind(below(server), () => seen.push(sessionOf(start()))))
        })
        loop()
      }
      assert.deepEqual(seen, ['a', 'a'])
    })

    it('finds the session of the bound async context without HTTP instrumentation', async () => {
      const { jobs, loop } = await pool()
      const seen: unknown[] = []
      await inRequest('a', () => {
        jobs.push(AsyncResource.bind(() => seen.push(sessionOf(start()))))
      })
      loop()
      assert.deepEqual(seen, ['a'])
    })

    it('finds none for messages with a trace context whose consumer started in a request', async () => {
      const { jobs, loop } = await pool()
      const seen: unknown[] = []
      const propagator = new W3CTraceContextPropagator()
      const getter = {
        get: (carrier: Record<string, string>, key: string) => carrier[key],
        keys: Object.keys,
      }
      const message = { traceparent: `00-${REMOTE.traceId}-${REMOTE.spanId}-01` }
      for (const kind of [SpanKind.CONSUMER, SpanKind.INTERNAL]) {
        jobs.push(() => {
          const span = start({ kind }, propagator.extract(ROOT_CONTEXT, message, getter))
          seen.push(sessionOf(span), sessionOf(start({}, below(span, ROOT_CONTEXT))))
        })
      }
      loop()
      assert.deepEqual(seen, [undefined, undefined, undefined, undefined])
    })
  })
})

import assert from 'node:assert/strict'
import { AsyncResource } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { compileFunction, createContext, runInNewContext } from 'node:vm'
import { bridgeDdTrace } from '../../src/dd-trace/index.js'
import { fakeDdTrace, startRequest, startSpan } from './fake-dd-trace.js'

const REGISTER = createRequire(import.meta.url).resolve('@rum-llmobs/node-span-processor/register')
interface Realm {
  _ddtrace?: object
}

const CHANNELS = [
  'http.server.request.start',
  'apm:http2:server:request:start',
  'dd-trace:span:extract',
  'dd-trace:span:start',
  'dd-trace:span:inject',
]

/** Loads a CommonJS module and its relative imports into a realm, as Jest does for each test file. */
function loadInto(realm: object, file: string, loaded = new Map<string, object>()): object {
  const known = loaded.get(file)
  if (known) return known
  const module = { exports: {} }
  loaded.set(file, module.exports)
  const source = readFileSync(file, 'utf8')
  const options = { parsingContext: realm, filename: file }
  const run = compileFunction(source, ['exports', 'require', 'module'], options)
  const require = (id: string) =>
    id.startsWith('.') ? loadInto(realm, resolve(dirname(file), id), loaded) : createRequire(file)(id)
  run(module.exports, require, module)
  return module.exports
}

function subscribers(name: string): number {
  return (channel(name) as unknown as { _subscribers?: unknown[] })._subscribers?.length ?? 0
}

describe('bridgeDdTrace, many realms', () => {
  const states = channel('@rum-llmobs/node-span-processor/1') as unknown as Record<string, unknown>
  const withDdTrace: Realm[] = []
  let ofProcess: unknown
  let before: number[]
  // Span processors of other tests follow requests too.
  beforeEach(() => {
    ofProcess = states['request-session']
    states['request-session'] = undefined
    before = CHANNELS.map(subscribers)
  })
  afterEach(() => {
    bridgeDdTrace().disable()
    states['request-session'] = ofProcess
    for (const realm of withDdTrace.splice(0)) delete realm._ddtrace
  })

  function register(count: number): Realm[] {
    return Array.from({ length: count }, () => {
      const realm = createContext({})
      loadInto(realm, REGISTER)
      return realm
    })
  }

  function addDdTrace(realm: Realm | undefined, tracer: object): void {
    assert.ok(realm)
    realm._ddtrace = tracer
    withDdTrace.push(realm)
  }

  it('subscribes once, and finds dd-trace in any realm', () => {
    const realms = register(200)
    const { tracer, sessionOf } = fakeDdTrace()
    addDdTrace(realms[150], tracer)
    const { span, trace } = new AsyncResource('test').runInAsyncScope(() => {
      startRequest('session.id=a')
      return startSpan()
    })
    assert.equal(trace.tags['_dd.p.llmobs_sid'], 'a')
    assert.equal(sessionOf(span), 'a')
    assert.deepEqual(
      CHANNELS.map((name, index) => subscribers(name) - (before[index] ?? 0)),
      [1, 1, 1, 1, 1],
    )
    bridgeDdTrace().disable()
    assert.deepEqual(CHANNELS.map(subscribers), before)
  })

  it('prefers the dd-trace with LLM Observability', () => {
    const [first, second] = register(2)
    const { tracer } = fakeDdTrace()
    addDdTrace(first, fakeDdTrace({ enabled: false }).tracer)
    addDdTrace(second, tracer)
    new AsyncResource('test').runInAsyncScope(() => {
      startRequest('session.id=a')
      assert.equal(startSpan().trace.tags['_dd.p.llmobs_sid'], 'a')
    })
  })

  it('keeps only the first realm alive', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    bridgeDdTrace()
    const realms = register(20).map((realm) => new WeakRef(realm))
    const alive = () => realms.filter((realm) => realm.deref() !== undefined).length
    for (let tries = 0; tries < 10 && alive() > 0; tries++) {
      await nextTurn()
      collectGarbage()
    }
    assert.equal(alive(), 0)
  })

  it('follows a request in a realm without performance', () => {
    const [realm] = register(1)
    addDdTrace(realm, fakeDdTrace().tracer)
    const response = new AsyncResource('test').runInAsyncScope(() => startRequest('session.id=a'))
    response.emit('close')
  })

  it('checks hosts in a realm without URL', () => {
    const [realm] = register(1)
    const { tracer } = fakeDdTrace()
    const sent = { baggage: 'session.id=a' }
    const _tracer = {
      inject: (_span: unknown, _format: string, carrier: object) => Object.assign(carrier, sent),
    }
    addDdTrace(realm, { ...tracer, _tracer })
    startSpan()
    for (const [host, arrived] of [
      ['127.0.0.1', sent],
      ['api.openai.com', {}],
    ] as const) {
      const carrier = {}
      const tags = { 'span.kind': 'client', 'out.host': host }
      _tracer.inject({ context: () => ({ _tags: tags }) }, 'http_headers', carrier)
      assert.deepEqual(carrier, arrived, host)
    }
  })
})

/**
 * Runs the scenarios of one framework in the fixture that is the working directory, and sends the result of
 * each to the parent process: `node harness.mjs <framework>.mjs`. A framework file exports
 *
 * - `name`, and `packages`: those in node_modules whose versions are shown;
 * - `scenarios(modelServerUrl)`: by name, `run` and the `kinds` of span that it must show (none: it makes no
 *   OpenTelemetry spans); `own`, the id that the application gives its conversation or session, or 'generated'
 *   when the framework makes one up; `bypasses` when its spans pass no span processor; `mixesUp` when
 *   it puts spans into another request's trace; `attributes`, those that must hold the session when it is not our
 *   processor that writes them;
 * - where needed `instrumentations`, further `spanProcessors`, the `exporter` to judge by, and a `note`.
 *
 * Each scenario runs three times at once: for two sessions, and without one. The last shows what the framework
 * writes itself, which is what must be kept.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { judge } from './judge.mjs'
import { kindOf } from './llm-observability.mjs'
import { startModelServer } from './model-server.mjs'

// OpenTelemetry comes from the fixture, never from the tree above it: through a second copy of
// @opentelemetry/api every span would be a non-recording one.
const require = createRequire(join(process.cwd(), 'package.json'))
const { context, propagation, ROOT_CONTEXT, SpanKind, trace } = require('@opentelemetry/api')
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base')
const { LlmObsSessionSpanProcessor } = require('@rum-llmobs/node-span-processor')

/** Stands before our processor and records what each span shows when it starts. */
const probe = {
  keysAtStart: new Map(),
  open: 0,
  onStart(span) {
    this.open++
    this.keysAtStart.set(span.spanContext().spanId, Object.keys(span.attributes))
  },
  onEnd() {
    this.open--
  },
  forceFlush: async () => {},
  shutdown: async () => {},
}

const framework = await import(pathToFileURL(join(process.cwd(), process.argv[2])))
const models = await startModelServer()
const memory = new InMemorySpanExporter()
const exporter = framework.exporter ?? memory
new NodeSDK({
  autoDetectResources: false,
  instrumentations: framework.instrumentations ?? [],
  spanProcessors: [
    probe,
    new LlmObsSessionSpanProcessor(),
    ...(framework.spanProcessors ?? []),
    new SimpleSpanProcessor(memory),
  ],
}).start()

const { name, packages, note } = framework
process.send({ name, note, versions: packages.map(installed), node: process.version })
for (const [scenario, definition] of Object.entries(await framework.scenarios(models.url))) {
  process.send({ scenario, ...(await runScenario(definition)) })
}
process.exit(0)

async function runScenario(scenario) {
  exporter.reset()
  try {
    const [first, second, control] = await Promise.all([
      handleRequest(scenario.run, '11111111-aaaa-4aaa-8aaa-111111111111'),
      handleRequest(scenario.run, '22222222-bbbb-4bbb-8bbb-222222222222'),
      handleRequest(scenario.run),
    ])
    await spansEnded()
    const spans = exporter.getFinishedSpans().filter(kindOf)
    const requests = [first, second, control].map((request) => ({ ...request, spans: [] }))
    for (const span of spans) {
      const request = requests.find(({ traceId }) => traceId === span.spanContext().traceId)
      assert.ok(request, `${span.name} is in no request's trace`)
      request.spans.push(span)
    }
    return judge(scenario, requests[2].spans, requests.slice(0, 2), probe.keysAtStart)
  } catch (error) {
    return { error: error instanceof assert.AssertionError ? error.message : error.stack }
  }
}

/** Does what instrumentation-http does for a request: a server span in the context that holds the baggage. */
async function handleRequest(run, session) {
  const baggage = propagation.createBaggage(session && { 'session.id': { value: session } })
  return context.with(propagation.setBaggage(ROOT_CONTEXT, baggage), () =>
    trace.getTracer('http').startActiveSpan('POST /chat', { kind: SpanKind.SERVER }, async (span) => {
      try {
        await run()
        return { session, traceId: span.spanContext().traceId }
      } finally {
        span.end()
      }
    }),
  )
}

async function spansEnded() {
  for (let waited = 0; probe.open > 0 && waited < 5000; waited += 20) await sleep(20)
  assert.equal(probe.open, 0, 'spans never ended')
}

function installed(id) {
  // Not require(`${id}/package.json`): many packages do not export it.
  const manifest = JSON.parse(readFileSync(join('node_modules', id, 'package.json'), 'utf8'))
  return `${manifest.name} ${manifest.version}`
}

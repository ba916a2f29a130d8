/**
 * Runs the scenarios of one framework: `node harness.mjs cases/<framework>.mjs` in the folder of a fixture. Sends the
 * result of each scenario to the parent process. A case exports
 *
 * - `name`;
 * - `packages`: the packages in node_modules whose versions the table shows;
 * - `scenarios(modelServerUrl)`: scenarios by name, with
 *   - `run`: does the work of one request;
 *   - `kinds`: kinds of spans that the request must make; empty for a framework without OpenTelemetry spans;
 *   - `own`: id that the application gives to its conversation or session; 'generated' when the framework generates it;
 *   - `bypasses`: the spans pass no span processor;
 *   - `mixesUp`: the framework puts spans into the trace of another request;
 *   - `attributes`: attributes that must hold the session. Default: those that LlmObsSessionSpanProcessor writes;
 * - optionally `instrumentations`, `spanProcessors` besides LlmObsSessionSpanProcessor, `exporter` to read the spans
 *   from, and `note`.
 *
 * Each scenario runs three times at once: with two sessions, and without one. The run without a session shows what the
 * framework writes itself, which must be kept.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { checkSpans } from './check-spans.mjs'
import { kindOf } from './llm-observability.mjs'
import { startModelServer } from './model-server.mjs'

// OpenTelemetry comes from the fixture, not from the root. A second copy of @opentelemetry/api would yield only
// non-recording spans.
const require = createRequire(join(process.cwd(), 'package.json'))
const { context, propagation, ROOT_CONTEXT, SpanKind, trace } = require('@opentelemetry/api')
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base')
const { LlmObsSessionSpanProcessor } = require('@rum-llmobs/node-span-processor')

/** Runs before LlmObsSessionSpanProcessor, and records the attribute keys of each span at its start. */
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
    return checkSpans(scenario, requests[2].spans, requests.slice(0, 2), probe.keysAtStart)
  } catch (error) {
    return { error: error instanceof assert.AssertionError ? error.message : error.stack }
  }
}

/** As instrumentation-http does: a server span in a context with the baggage. */
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
  // Read as a file, because many packages do not export package.json.
  const manifest = JSON.parse(readFileSync(join('node_modules', id, 'package.json'), 'utf8'))
  return `${manifest.name} ${manifest.version}`
}

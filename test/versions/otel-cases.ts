import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { waitUntil } from '../support/wait-until.js'
import { baggage, type Case, type CaseContext } from './case-context.js'
import type { Service } from './service.js'

interface ExportedSpan {
  name: string
  attributes: Record<string, string | undefined>
}

const UNIT_TESTS = join(import.meta.dirname, '../../packages/node-span-processor/test')
const SESSION_ATTRIBUTES = ['session.id', 'session_id', 'gen_ai.conversation.id']

/** Waits for exactly `count` spans with this prefix. */
async function exportedSpans(service: Service, prefix: string, count: number): Promise<ExportedSpan[]> {
  let spans: ExportedSpan[] = []
  await waitUntil(async () => {
    const exported: ExportedSpan[] = JSON.parse(await service.get('spans'))
    spans = exported.filter(({ name }) => name.startsWith(prefix))
    return spans.length >= count
  })
  assert.equal(spans.length, count)
  return spans
}

/** Returns the session attributes of the spans of one request, by the name without the label. */
async function spansOf(service: Service, label: string, count: number) {
  const spans = await exportedSpans(service, `${label}:`, count)
  const attributes = (span: ExportedSpan) => SESSION_ATTRIBUTES.map((attribute) => span.attributes[attribute])
  return Object.fromEntries(spans.map((span) => [span.name.slice(label.length + 1), attributes(span)]))
}

const line = (context: CaseContext) => ({ APP_OTEL: context.fixture.name.slice('otel-'.length) })

function startService(context: CaseContext): Promise<Service> {
  return context.start({ app: 'otel.cjs', imports: [], env: line(context) })
}

/** A TypeScript set-up of both packages for OpenTelemetry 2.x or 3.x. */
function typedSetup(otel3: boolean): string {
  const node = otel3
    ? `import { BatchSpanProcessor, ConsoleSpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
const exporting = new BatchSpanProcessor({ exporter: new ConsoleSpanExporter() })
export const browser = new TracerProvider({ spanProcessors: [new LlmObsSessionSpanProcessor()] })
propagation.setGlobalPropagator(propagator)`
    : `import { BatchSpanProcessor, ConsoleSpanExporter } from '@opentelemetry/sdk-trace-base'
import { WebTracerProvider } from '@opentelemetry/sdk-trace-web'
const exporting = new BatchSpanProcessor(new ConsoleSpanExporter())
export const browser = new WebTracerProvider({ spanProcessors: [new LlmObsSessionSpanProcessor()] })
browser.register({ propagator })`
  return `import { propagation } from '@opentelemetry/api'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { FirstPartyBaggagePropagator, LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'
import { bridgeDdTrace } from '@rum-llmobs/node-span-processor/dd-trace'
import { SessionBaggagePropagator } from '@rum-llmobs/web-propagator'

const propagator = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new SessionBaggagePropagator()],
})
${node}
export const sdk = new NodeSDK({
  textMapPropagator: new FirstPartyBaggagePropagator({ propagator: new W3CBaggagePropagator() }),
  spanProcessors: [new LlmObsSessionSpanProcessor({ spans: 'agent', conversationId: 'always' }), exporting],
})
export const bridge: { disable(): void } = bridgeDdTrace({ isValidSessionId: (value) => value.length > 0 })
// @ts-expect-error not an option
new LlmObsSessionSpanProcessor({ span: 'agent' })
`
}

export const otelCases: Case[] = [
  {
    name: 'LlmObsSessionSpanProcessor: agent, late and plain spans, in two services',
    async run(context) {
      const service = await startService(context)
      const id = context.newSession()
      await service.get('hop?label=joined', baggage(id))
      const expected = {
        agent: [id, undefined, id],
        llm: [id, undefined, id],
        late: [id, id, undefined],
        plain: [undefined, undefined, undefined],
      }
      const hop = Object.fromEntries(
        Object.entries(expected).map(([name, values]) => [`hop:${name}`, values]),
      )
      assert.deepEqual(await spansOf(service, 'joined', 8), { ...expected, ...hop })
      await service.get('agent?label=none')
      for (const values of Object.values(await spansOf(service, 'none', 4))) {
        assert.deepEqual(values, [undefined, undefined, undefined])
      }
    },
  },
  {
    name: 'LlmObsSessionSpanProcessor: 200 concurrent sessions',
    async run(context) {
      const service = await startService(context)
      const sessions = Array.from({ length: 200 }, () => context.newSession())
      await Promise.all(sessions.map((id, index) => service.get(`agent?label=n${index}`, baggage(id))))
      const spans = await exportedSpans(service, 'n', 800)
      const joined = spans.filter(({ name }) => !name.endsWith(':plain'))
      const wrong = joined.filter(
        ({ name, attributes }) => attributes['session.id'] !== sessions[Number.parseInt(name.slice(1), 10)],
      )
      assert.deepEqual([joined.length, wrong.length], [600, 0])
    },
  },
  {
    name: 'LlmObsSessionSpanProcessor: no HTTP instrumentation, 200 concurrent requests, HTTP/2, aborts, upgrade',
    async run(context) {
      const { report } = await context.start({ app: 'uninstrumented.cjs', imports: [], env: line(context) })
      for (const [counts, least] of [
        [report.http1, 2_400],
        [report.http2, 500],
      ] as const) {
        assert.deepEqual([counts?.wrong, counts?.missing], [[], []])
        assert.ok(Number(counts?.right) > least, `${counts?.right} spans`)
      }
    },
  },
  {
    name: 'LlmObsSessionSpanProcessor: unit tests of request-session and span-session, on this Node',
    async run(context) {
      const tests = ['request-session', 'span-session'].map((name) => join(UNIT_TESTS, `${name}.test.ts`))
      const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js')
      const args = ['--import', 'tsx', mocha, '--no-config', '--reporter', 'dot', ...tests]
      try {
        execFileSync(context.fixture.node, args, { encoding: 'utf8', stdio: 'pipe' })
      } catch (error) {
        assert.fail((error as { stdout: string }).stdout)
      }
    },
  },
  {
    name: 'SessionBaggagePropagator: header of a client span, read by LlmObsSessionSpanProcessor',
    async run(context) {
      const id = context.newSession()
      const env = { ...line(context), APP_SESSION: id }
      const { report } = await context.start({ app: 'otel-browser.cjs', imports: [], env })
      assert.equal(report.firstParty?.baggage, `session.id=${id},page=home`)
      assert.ok(report.firstParty?.traceparent)
      assert.equal(report.thirdParty?.baggage, 'page=home')
      const service = await startService(context)
      await service.get('agent?label=page', report.firstParty)
      assert.deepEqual((await spansOf(service, 'page', 4)).agent, [id, undefined, id])
    },
  },
  {
    name: 'FirstPartyBaggagePropagator: http and fetch, first party and third party, sampled and unsampled',
    async run(context) {
      for (const sampler of ['always_on', 'always_off']) {
        const env = { ...line(context), OTEL_TRACES_SAMPLER: sampler }
        const service = await context.start({ app: 'otel-egress.cjs', imports: [], env })
        const id = context.newSession()
        const arrived: Record<string, Record<string, string>> = JSON.parse(
          await service.get('egress', baggage(id)),
        )
        assert.equal(Object.keys(arrived).length, 4)
        for (const [request, headers] of Object.entries(arrived)) {
          // An unsampled span has no attributes, so its host is unknown.
          const keeps = sampler === 'always_on' && request.endsWith('first party')
          assert.equal(headers.baggage, keeps ? baggage(id).baggage : 'tier=gold', request)
          assert.ok(headers.traceparent, request)
        }
      }
    },
  },
  {
    name: 'types of both packages',
    async run(context) {
      const { directory, name } = context.fixture
      const file = join(directory, '.app/types.ts')
      writeFileSync(file, typedSetup(name === 'otel-3'))
      const compiler = join(
        dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
        'bin/tsc',
      )
      const options = [
        '--ignoreConfig',
        '--noEmit',
        '--strict',
        '--module',
        'nodenext',
        '--target',
        'es2022',
        '--lib',
        'es2023,dom',
      ]
      const args = [compiler, ...options, '--types', 'node', '--skipLibCheck', 'false', file]
      try {
        execFileSync(process.execPath, args, { cwd: directory, encoding: 'utf8', stdio: 'pipe' })
      } catch (error) {
        assert.fail((error as { stdout: string }).stdout)
      }
    },
  },
]

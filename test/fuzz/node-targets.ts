import assert from 'node:assert/strict'
import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  propagation,
  ROOT_CONTEXT,
  type Span,
} from '@opentelemetry/api'
import { W3CBaggagePropagator } from '@opentelemetry/core'
import { BasicTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import fc from 'fast-check'
import { baggageValues } from '../../packages/node-span-processor/src/baggage-header.js'
import { replaceSession } from '../../packages/node-span-processor/src/dd-trace/outgoing-session.js'
import { TraceSession } from '../../packages/node-span-processor/src/dd-trace/trace-session.js'
import { LlmObsSessionSpanProcessor } from '../../packages/node-span-processor/src/index.js'
import { RequestSession } from '../../packages/node-span-processor/src/request-session.js'
import { anyText, header, hostileContext, hostileIndex, hostileValue } from './arbitraries.js'
import type { FuzzTarget } from './fuzz.js'

const VALID_ID = /^[A-Za-z0-9_-]{1,128}$/
const SESSION_ATTRIBUTES = ['session.id', 'session_id', 'gen_ai.conversation.id']
const KEYS = [
  ...SESSION_ATTRIBUTES,
  'gen_ai.operation.name',
  'gen_ai.provider.name',
  'gen_ai.system',
  'openinference.span.kind',
  'langfuse.observation.type',
  'traceloop.span.kind',
  'http.request.method',
]

const attributeValue = fc.oneof(
  fc.constantFrom('invoke_agent', 'chat', 'execute_tool', 'AGENT', 'LLM', 'agent', 'own-session', ''),
  anyText,
  fc.integer(),
  fc.boolean(),
  fc.array(fc.string({ maxLength: 4 }), { maxLength: 2 }),
)
const attributes = fc.dictionary(fc.constantFrom(...KEYS), attributeValue, { maxKeys: 4 })

let ended: ReadableSpan | undefined
const tracer = new BasicTracerProvider({
  spanProcessors: [
    new LlmObsSessionSpanProcessor(),
    {
      onStart() {},
      onEnd(span) {
        ended = span
      },
      async forceFlush() {},
      async shutdown() {},
    },
  ],
}).getTracer('fuzz')

const w3c = new W3CBaggagePropagator()
const incoming = (text: string): Context => w3c.extract(ROOT_CONTEXT, { baggage: text }, defaultTextMapGetter)
const sessionIn = (context: Context) => propagation.getBaggage(context)?.getEntry('session.id')?.value

/** A header, extracted by W3CBaggagePropagator, and the spans in that context. */
const span = fc.property(header, attributes, attributes, (text, atStart, later) => {
  const context = incoming(text)
  const sent = sessionIn(context)
  const session = sent !== undefined && VALID_ID.test(sent) ? sent : undefined
  const span = tracer.startSpan('work', { attributes: atStart as Attributes }, context)
  span.setAttributes(later as Attributes)
  span.end()
  const result = ended?.attributes ?? {}
  for (const key of SESSION_ATTRIBUTES) {
    if (result[key] === undefined) continue
    const isSession = result[key] === session && session !== undefined
    const isFromApplication = (later[key] ?? atStart[key]) !== undefined
    assert.ok(isSession || isFromApplication, `${key} is neither the session nor set by the application`)
  }
  const isGenAi =
    typeof result['gen_ai.operation.name'] === 'string' && result['gen_ai.operation.name'] !== ''
  if (session !== undefined && isGenAi) {
    assert.ok(result['session.id'] !== undefined, 'session.id is missing')
    const isConversation = result['gen_ai.conversation.id'] === session
    assert.ok(isConversation || result.session_id !== undefined, 'session_id is missing')
  }
  for (const [key, own] of Object.entries(later)) {
    if (typeof own === 'string' && own !== '') assert.equal(result[key], own, `${key} is overwritten`)
  }
})

/** Contexts, spans and baggage that are of any type. */
const hostileSpan = fc.property(
  fc.tuple(hostileIndex, fc.boolean()),
  hostileIndex,
  fc.constantFrom('all', 'agent', 'llmobs', () => hostileValue(1) as boolean),
  ([context, asBaggage], spanIndex, spans) => {
    const processor = new LlmObsSessionSpanProcessor({ spans: spans as 'all' })
    const span = hostileValue(spanIndex) as Span
    processor.onStart(span, hostileContext(context, asBaggage))
    processor.onEnding(span)
    processor.onEnd(span)
  },
)

const requests = new RequestSession()
requests.use()
const sessions = new TraceSession((value) => VALID_ID.test(value), requests)

/** The bridge's parser finds the same session as W3CBaggagePropagator, within the limits of that propagator. */
const ddTraceHeader = fc.property(
  fc.oneof({ weight: 9, arbitrary: header }, { weight: 1, arbitrary: hostileIndex }),
  (given) => {
    const text = typeof given === 'number' ? hostileValue(given) : given
    const found = baggageValues(text, 'session.id').at(-1)
    requests.enter({ headers: { baggage: text } }, {})
    const { current } = sessions
    assert.ok(current === null || (current !== undefined && VALID_ID.test(current)))
    if (typeof text !== 'string' || text.length > 8192 || text.split(',').length > 180) return
    const encodedKey = text.split(',').some((member) => /%.*=/.test(member))
    const tooLong = text.split(',').some((member) => member.length > 4096)
    if (!encodedKey && !tooLong) assert.equal(found, sessionIn(incoming(text)))
  },
)

const tag = fc.stringMatching(/^_dd\.p\.[a-z]{2,8}=[\w-]{1,16}$/)

/** Outgoing headers of dd-trace keep every other tag. */
const ddTraceTags = fc.property(
  fc.array(fc.oneof(tag, anyText), { maxLength: 6 }),
  fc.stringMatching(/^[\w-]{1,128}$/),
  (tags, id) => {
    const carrier: Record<string, unknown> = { 'x-datadog-tags': tags.join(','), tracestate: anyState(tags) }
    replaceSession(carrier, id)
    const after = carrier['x-datadog-tags'] as string
    assert.ok(after.length <= Math.max(512, tags.join(',').length))
    const kept = after.split(',')
    for (const part of tags.join(',').split(',')) {
      assert.ok(!part || part.startsWith('_dd.p.llmobs_sid=') || kept.includes(part), `${part} is lost`)
    }
  },
)
const anyState = (tags: readonly string[]) => `dd=${tags.join(';')},other=1`

/** Properties of the span processor and of the dd-trace bridge. */
export const nodeTargets: readonly FuzzTarget[] = [
  { name: 'header → baggage → span attributes', share: 150, property: span },
  { name: 'onStart, onEnding, onEnd: hostile spans and contexts', share: 50, property: hostileSpan },
  { name: 'dd-trace: a valid session of the header, or none', share: 100, property: ddTraceHeader },
  { name: 'dd-trace: other trace tags are kept', share: 30, property: ddTraceTags },
]

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type Attributes, defaultTextMapGetter, ROOT_CONTEXT } from '@opentelemetry/api'
import { W3CBaggagePropagator } from '@opentelemetry/core'
import { baggageValues } from '../src/baggage-header.js'
import { removeRumMembers } from '../src/carrier-baggage.js'
import { hostMatcher, hostRule } from '../src/first-party-hosts.js'
import {
  LlmObsSessionSpanProcessor,
  type LlmObsSessionSpanProcessorConfig,
} from '../src/llmobs-session-span-processor.js'
import { isSessionId, validSessionId } from '../src/session-from-baggage.js'
import { exportedAttributes } from './exported-attributes.js'

/** Behaviour that this package shares with rum-llmobs for Python. */
interface Vectors {
  session: string
  headers: { header: string; session: string | null }[]
  withheld: { header: string; rest: string }[]
  spans: {
    span: string
    options: Pick<LlmObsSessionSpanProcessorConfig, 'spans' | 'conversationId'>
    start: Attributes
    later: Attributes
    adds: Attributes
  }[]
  hosts: { authority: string; allowedHosts: string[]; firstParty: boolean }[]
  invalidAllowedHosts: unknown[]
}

const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../../test/contract/vectors.json', import.meta.url), 'utf8'),
)

function exported(
  options: LlmObsSessionSpanProcessorConfig,
  baggage: string,
  start: Attributes,
  later: Attributes,
) {
  const context = new W3CBaggagePropagator().extract(ROOT_CONTEXT, { baggage }, defaultTextMapGetter)
  return exportedAttributes({ processors: [new LlmObsSessionSpanProcessor(options)], context, start, later })
}

describe('contract with rum-llmobs for Python, test/contract/vectors.json', () => {
  for (const { header, session } of vectors.headers) {
    it(`reads ${session ?? 'no session'} from the header ${JSON.stringify(header)}`, () => {
      const [value] = baggageValues(header, 'session.id').slice(-1)
      assert.equal(validSessionId(value, isSessionId) ?? null, session)
      const attributes = exported({}, header, { 'gen_ai.operation.name': 'chat' }, {})
      assert.equal(attributes['session.id'] ?? null, session)
    })
  }

  for (const { header, rest } of vectors.withheld) {
    it(`sends a third-party host ${JSON.stringify(rest)} of the header ${JSON.stringify(header)}`, () => {
      const carrier: { baggage?: string } = { baggage: header }
      removeRumMembers(carrier, false)
      assert.equal(carrier.baggage ?? '', rest)
    })
  }

  for (const { span, options, start, later, adds } of vectors.spans) {
    it(`writes the attributes of a span: ${span}`, () => {
      const attributes = exported(options, `session.id=${vectors.session}`, start, later)
      assert.deepEqual({ ...attributes }, { ...start, ...later, ...adds })
    })
  }

  for (const { authority, allowedHosts, firstParty } of vectors.hosts) {
    const allowed = allowedHosts.length > 0 ? ` with allowedHosts ${allowedHosts}` : ''
    it(`takes ${JSON.stringify(authority)} for a ${firstParty ? 'first' : 'third'}-party host${allowed}`, () => {
      assert.equal(hostRule(allowedHosts)(authority), firstParty)
    })
  }

  for (const entry of vectors.invalidAllowedHosts) {
    it(`refuses ${JSON.stringify(entry)} in allowedHosts`, () => {
      assert.throws(() => hostMatcher(['api.example.com', entry]), /allowedHosts\[1\]/)
    })
  }
})

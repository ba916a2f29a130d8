import assert from 'node:assert/strict'
import type { Attributes } from '@opentelemetry/api'
import {
  conventionOf,
  isAgentSpan,
  isOpenInference,
  isOpenInferenceAlone,
  SPAN_CONVENTIONS,
} from '../src/span-conventions.js'

const isAgent = (attributes: Attributes) => isAgentSpan(attributes, conventionOf(attributes))

for (const [index, convention] of SPAN_CONVENTIONS.entries()) {
  const { attribute, agents } = convention

  describe(`conventionOf, ${attribute}`, () => {
    it('recognizes a span with the attribute', () => {
      assert.equal(conventionOf({ [attribute]: 'anything' }), convention)
    })
    it('takes precedence over the following conventions', () => {
      const rest = SPAN_CONVENTIONS.slice(index).toReversed()
      assert.equal(
        conventionOf(Object.fromEntries(rest.map((row) => [row.attribute, 'anything']))),
        convention,
      )
    })
    it('ignores an empty value and values other than strings', () => {
      for (const value of ['', 1, true, ['chat'], undefined]) {
        assert.equal(conventionOf({ [attribute]: value }), undefined)
      }
    })
    it('recognizes agents by their values only', () => {
      for (const agent of agents) assert.equal(isAgent({ [attribute]: agent }), true)
      for (const other of ['chat', ...(agents.length ? [] : ['agent'])]) {
        assert.equal(isAgent({ [attribute]: other }), false)
      }
    })
    it('counts as OpenInference only for openinference.span.kind', () => {
      const attributes = { [attribute]: 'anything' }
      const isOpenInferenceRow = attribute === 'openinference.span.kind'
      assert.equal(isOpenInferenceAlone(attributes, convention), isOpenInferenceRow)
      assert.equal(isOpenInference(attributes), isOpenInferenceRow)
    })
    it('does not count as OpenInference alone beside openinference.span.kind', () => {
      if (attribute === 'openinference.span.kind') return
      const attributes = { 'openinference.span.kind': 'LLM', [attribute]: 'anything' }
      const first = conventionOf(attributes)
      assert.equal(first && isOpenInferenceAlone(attributes, first), false)
      assert.equal(isOpenInference(attributes), true)
    })
  })
}

describe('isAgentSpan', () => {
  it('prefers gen_ai.operation.name if two conventions disagree', () => {
    assert.equal(isAgent({ 'openinference.span.kind': 'AGENT', 'gen_ai.operation.name': 'chat' }), false)
    assert.equal(isAgent({ 'openinference.span.kind': 'LLM', 'gen_ai.operation.name': 'invoke_agent' }), true)
  })
  it('reads the OpenInference kind beside a GenAI provider', () => {
    assert.equal(isAgent({ 'openinference.span.kind': 'AGENT', 'gen_ai.provider.name': 'openai' }), true)
  })
  it('returns false for a plain span', () => {
    assert.equal(isAgent({ 'http.request.method': 'GET' }), false)
  })
})

describe('conventionOf', () => {
  it('returns undefined for other gen_ai attributes and for a plain span', () => {
    assert.equal(conventionOf({ 'gen_ai.agent.name': 'weather', 'http.request.method': 'GET' }), undefined)
  })
})

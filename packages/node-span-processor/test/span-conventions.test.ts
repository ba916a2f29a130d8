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

  describe(attribute, () => {
    it('makes a span one of LLM Observability', () => {
      assert.equal(conventionOf({ [attribute]: 'anything' }), convention)
    })
    it('is asked for before those after it', () => {
      const rest = SPAN_CONVENTIONS.slice(index).toReversed()
      assert.equal(
        conventionOf(Object.fromEntries(rest.map((row) => [row.attribute, 'anything']))),
        convention,
      )
    })
    it('does not when it is empty or no string', () => {
      for (const value of ['', 1, true, ['chat'], undefined]) {
        assert.equal(conventionOf({ [attribute]: value }), undefined)
      }
    })
    it('makes an agent of the values that say so, and of no other', () => {
      for (const agent of agents) assert.equal(isAgent({ [attribute]: agent }), true)
      for (const other of ['chat', ...(agents.length ? [] : ['agent'])]) {
        assert.equal(isAgent({ [attribute]: other }), false)
      }
    })
    it('follows OpenInference alone only if it is the attribute of OpenInference', () => {
      const attributes = { [attribute]: 'anything' }
      const isOpenInferenceRow = attribute === 'openinference.span.kind'
      assert.equal(isOpenInferenceAlone(attributes, convention), isOpenInferenceRow)
      assert.equal(isOpenInference(attributes), isOpenInferenceRow)
    })
    it('is not OpenInference alone beside its attribute', () => {
      if (attribute === 'openinference.span.kind') return
      const attributes = { 'openinference.span.kind': 'LLM', [attribute]: 'anything' }
      const first = conventionOf(attributes)
      assert.equal(first && isOpenInferenceAlone(attributes, first), false)
      assert.equal(isOpenInference(attributes), true)
    })
  })
}

describe('isAgentSpan', () => {
  it('goes by gen_ai.operation.name when two conventions disagree', () => {
    assert.equal(isAgent({ 'openinference.span.kind': 'AGENT', 'gen_ai.operation.name': 'chat' }), false)
    assert.equal(isAgent({ 'openinference.span.kind': 'LLM', 'gen_ai.operation.name': 'invoke_agent' }), true)
  })
  it('goes by the kind when GenAI names the provider alone', () => {
    assert.equal(isAgent({ 'openinference.span.kind': 'AGENT', 'gen_ai.provider.name': 'openai' }), true)
  })
  it('is false of a plain span', () => {
    assert.equal(isAgent({ 'http.request.method': 'GET' }), false)
  })
})

describe('conventionOf', () => {
  it('is undefined for other gen_ai attributes and for a plain span', () => {
    assert.equal(conventionOf({ 'gen_ai.agent.name': 'weather', 'http.request.method': 'GET' }), undefined)
  })
})

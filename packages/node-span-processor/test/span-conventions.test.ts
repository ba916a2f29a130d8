import assert from 'node:assert/strict'
import {
  conventionOf,
  isAgentSpan,
  isLlmObsSpan,
  keepsSessionIn,
  SPAN_CONVENTIONS,
} from '../src/span-conventions.js'

describe('SPAN_CONVENTIONS', () => {
  it('names a source for each row', () => {
    for (const { attribute, sources } of SPAN_CONVENTIONS) {
      assert.ok(sources.length > 0 && sources.every((source) => source.startsWith('https://')), attribute)
    }
  })
})

for (const convention of SPAN_CONVENTIONS) {
  const { attribute, agents, sessionAttribute } = convention

  describe(attribute, () => {
    it('makes a span LLM Observability’s', () => {
      assert.equal(isLlmObsSpan({ [attribute]: 'anything' }), true)
      assert.equal(conventionOf({ [attribute]: 'anything' }), convention)
    })
    it('does not when it is empty or no string', () => {
      for (const value of ['', 1, true, ['chat'], undefined]) {
        assert.equal(isLlmObsSpan({ [attribute]: value }), false)
      }
    })
    it('makes an agent of the values that say so, and of no other', () => {
      for (const agent of agents) assert.equal(isAgentSpan({ [attribute]: agent }), true)
      assert.equal(isAgentSpan({ [attribute]: 'chat' }), false)
    })
    it(`keeps its session in ${sessionAttribute}`, () => {
      assert.equal(keepsSessionIn(sessionAttribute, { [attribute]: 'anything' }), true)
      const other = sessionAttribute === 'session.id' ? 'gen_ai.conversation.id' : 'session.id'
      assert.equal(keepsSessionIn(other, { [attribute]: 'anything' }), false)
    })
  })
}

describe('isAgentSpan', () => {
  it('goes by gen_ai.operation.name when two conventions disagree', () => {
    assert.equal(isAgentSpan({ 'openinference.span.kind': 'AGENT', 'gen_ai.operation.name': 'chat' }), false)
    assert.equal(
      isAgentSpan({ 'openinference.span.kind': 'LLM', 'gen_ai.operation.name': 'invoke_agent' }),
      true,
    )
  })
  it('goes by the kind when GenAI names the provider alone', () => {
    assert.equal(isAgentSpan({ 'openinference.span.kind': 'AGENT', 'gen_ai.provider.name': 'openai' }), true)
  })
  it('is false of a plain span', () => {
    assert.equal(isAgentSpan({ 'http.request.method': 'GET' }), false)
  })
})

describe('isLlmObsSpan', () => {
  it('is false of other gen_ai attributes and of a plain span', () => {
    assert.equal(isLlmObsSpan({ 'gen_ai.agent.name': 'weather', 'http.request.method': 'GET' }), false)
  })
})

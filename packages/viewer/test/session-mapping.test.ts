import assert from 'node:assert/strict'
import { foundUnder, type MappedSpan, sessionsOfTrace } from '../src/session-mapping.js'
import { spanKind } from '../src/span-kinds.js'
import type { Attributes } from '../src/telemetry.js'

const AGENT = { 'gen_ai.operation.name': 'invoke_agent' }
const CHAIN = { 'openinference.span.kind': 'CHAIN' }
const GENERATION = { 'langfuse.observation.type': 'generation' }

function span(spanId: string, parentSpanId: string | null, attributes: Attributes): MappedSpan {
  return { spanId, parentSpanId, attributes, kind: spanKind(attributes) }
}

function sessions(...spans: MappedSpan[]): Record<string, string> {
  return Object.fromEntries(sessionsOfTrace(spans))
}

describe('sessionsOfTrace', () => {
  for (const [name, attributes, session] of [
    ['takes gen_ai.conversation.id', { ...AGENT, 'gen_ai.conversation.id': 's' }, 's'],
    ['takes session.id of an OpenInference span', { ...CHAIN, 'session.id': 's' }, 's'],
    ['takes langfuse.session.id of a Langfuse span', { ...GENERATION, 'langfuse.session.id': 's' }, 's'],
    [
      'prefers gen_ai.conversation.id',
      { ...CHAIN, 'session.id': 'other', 'langfuse.session.id': 'third', 'gen_ai.conversation.id': 's' },
      's',
    ],
    ['leaves session.id of a GenAI span a tag', { ...AGENT, 'session.id': 's' }, undefined],
    ['leaves session_id a tag', { ...AGENT, session_id: 's' }, undefined],
    ['leaves session_id of an OpenInference span a tag', { ...CHAIN, session_id: 's' }, undefined],
    ['leaves session.id of a Langfuse span a tag', { ...GENERATION, 'session.id': 's' }, undefined],
    ['leaves langfuse.session.id of a GenAI span a tag', { ...AGENT, 'langfuse.session.id': 's' }, undefined],
    ['ignores an empty id', { ...AGENT, 'gen_ai.conversation.id': '' }, undefined],
    ['ignores an id that is no text', { ...AGENT, 'gen_ai.conversation.id': 7 }, undefined],
  ] as const) {
    it(name, () => {
      assert.equal(sessions(span('1', null, attributes))['1'], session)
    })
  }

  it('derives nothing for a trace without an LLM Observability span', () => {
    assert.deepEqual(sessions(span('1', null, { 'gen_ai.conversation.id': 's', 'session.id': 's' })), {})
  })

  it('gives a session to no span that carries none', () => {
    const found = sessions(
      span('1', null, AGENT),
      span('2', '1', { ...AGENT, 'gen_ai.conversation.id': 's' }),
      span('3', '2', AGENT),
    )
    assert.deepEqual(found, { 2: 's' })
  })

  it('carries an OpenInference session to the topmost LLM Observability span, past spans of other kinds', () => {
    const found = sessions(
      span('server', null, {}),
      span('root', 'server', CHAIN),
      span('http', 'root', {}),
      span('leaf', 'http', { ...CHAIN, 'session.id': 's' }),
    )
    assert.deepEqual(found, { root: 's', leaf: 's' })
  })

  it('does not overwrite the session that the root carries itself', () => {
    const found = sessions(
      span('root', null, { ...CHAIN, 'session.id': 'own' }),
      span('leaf', 'root', { ...CHAIN, 'session.id': 's' }),
    )
    assert.deepEqual(found, { root: 'own', leaf: 's' })
  })

  it('ends on spans that are their own ancestors', () => {
    const found = sessions(span('1', '2', { ...CHAIN, 'session.id': 's' }), span('2', '1', CHAIN))
    assert.equal(found['1'], 's')
  })
})

describe('foundUnder', () => {
  for (const [name, attributes, filed, found] of [
    ['names the attribute', { 'gen_ai.conversation.id': 's' }, 's', ['s', 'gen_ai.conversation.id']],
    ['says session.id where the root got it from below', {}, 's', ['s', 'session.id']],
    [
      'prefers the tag beside a conversation id of its own',
      { 'gen_ai.conversation.id': 'own', session_id: 's' },
      'own',
      ['s', 'tag session_id'],
    ],
    [
      'takes the tag beside the same session.id',
      { 'session.id': 's', session_id: 's' },
      undefined,
      ['s', 'tag session_id'],
    ],
    ['takes no tag that stands alone', { session_id: 's' }, undefined, [null, null]],
    ['takes no session.id that stands alone', { 'session.id': 's' }, undefined, [null, null]],
  ] as const) {
    it(name, () => {
      const { sessionId, sessionFrom } = foundUnder({ attributes }, filed)
      assert.deepEqual([sessionId, sessionFrom], found)
    })
  }
})

import assert from 'node:assert/strict'
import { SPAN_CONVENTIONS } from '../../node-span-processor/src/span-conventions.js'
import { llmObsKind, spanKind } from '../src/span-kinds.js'

describe('spanKind', () => {
  for (const [attributes, kind] of [
    [{ 'gen_ai.operation.name': 'invoke_agent' }, 'agent'],
    [{ 'gen_ai.operation.name': 'create_agent' }, 'agent'],
    [{ 'gen_ai.operation.name': 'execute_tool' }, 'tool'],
    [{ 'gen_ai.operation.name': 'chat' }, 'llm'],
    [{ 'gen_ai.operation.name': 'generate_content' }, 'llm'],
    [{ 'gen_ai.operation.name': 'text_completion' }, 'llm'],
    [{ 'gen_ai.operation.name': 'completion' }, 'llm'],
    [{ 'gen_ai.operation.name': 'embeddings' }, 'embedding'],
    [{ 'gen_ai.operation.name': 'embedding' }, 'embedding'],
    [{ 'gen_ai.operation.name': 'agent_step' }, 'workflow'],
    [{ 'gen_ai.operation.name': 'toString' }, 'workflow'],
    [{ 'gen_ai.operation.name': 7 }, 'workflow'],
    [{ 'gen_ai.provider.name': 'openai' }, 'workflow'],
    [{ 'gen_ai.system': 'openai', 'llm.request.type': 'chat' }, 'llm'],
    [{ 'openinference.span.kind': 'AGENT' }, 'agent'],
    [{ 'openinference.span.kind': 'TOOL' }, 'tool'],
    [{ 'openinference.span.kind': 'LLM' }, 'llm'],
    [{ 'openinference.span.kind': 'EMBEDDING' }, 'embedding'],
    [{ 'openinference.span.kind': 'RETRIEVER' }, 'retrieval'],
    [{ 'openinference.span.kind': 'CHAIN' }, 'workflow'],
    [{ 'gen_ai.operation.name': 'chat', 'openinference.span.kind': 'AGENT' }, 'llm'],
    [{ 'langfuse.observation.type': 'generation' }, 'llm'],
    [{ 'langfuse.observation.type': 'agent' }, 'agent'],
    [{ 'langfuse.observation.type': 'retriever' }, 'retrieval'],
    [{ 'langfuse.observation.type': 'span' }, 'workflow'],
    [{ 'traceloop.span.kind': 'workflow' }, 'workflow'],
    [{ 'traceloop.span.kind': 'agent' }, 'agent'],
    [{ 'traceloop.span.kind': 'tool' }, 'tool'],
    [{ 'traceloop.span.kind': 'task' }, 'task'],
    [{ 'traceloop.span.kind': '' }, null],
    [{ 'gen_ai.operation.name': 'chat', 'traceloop.span.kind': 'agent' }, 'llm'],
    [{ 'gen_ai.system': 'openai' }, 'workflow'],
    [{ 'llm.request.type': 'chat' }, null],
    [{ 'gen_ai.operation.name': '' }, null],
    [{ 'gen_ai.conversation.id': 'c', 'session.id': 's' }, null],
    [{ 'http.request.method': 'POST' }, null],
    [{}, null],
  ] as const) {
    it(`calls ${JSON.stringify(attributes)} ${kind}`, () => {
      assert.equal(spanKind(attributes), kind)
    })
  }
})

describe('the markers of spanKind', () => {
  it('are the conventions that the processor of Node knows', () => {
    for (const { attribute } of SPAN_CONVENTIONS)
      assert.notEqual(spanKind({ [attribute]: 'x' }), null, attribute)
  })
})

describe('llmObsKind', () => {
  it('keeps the kinds of LLM Observability', () => {
    for (const kind of ['agent', 'llm', 'tool', 'workflow', 'embedding', 'retrieval', 'task']) {
      assert.equal(llmObsKind(kind), kind)
    }
  })

  it('makes a workflow of anything else', () => {
    assert.equal(llmObsKind('experiment'), 'workflow')
    assert.equal(llmObsKind(undefined), 'workflow')
  })
})

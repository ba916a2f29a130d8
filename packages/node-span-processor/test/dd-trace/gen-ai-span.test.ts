import assert from 'node:assert/strict'
import { stampGenAiSpan } from '../../src/dd-trace/gen-ai-span.js'
import { SESSION_TRACE_TAG } from '../../src/dd-trace/internals.js'
import { TraceSession } from '../../src/dd-trace/trace-session.js'

const isWord = (value: string) => /^\w+$/.test(value)

describe('stampGenAiSpan', () => {
  const requests = new TraceSession(isWord)
  after(() => requests.stop())

  function stamped(
    session: string,
    tags: Record<string, string> = { 'gen_ai.operation.name': 'invoke_agent' },
  ) {
    const span = {
      setTag: (key: string, value: unknown) => {
        tags[key] = String(value)
      },
      context: () => ({ _trace: { tags: { [SESSION_TRACE_TAG]: session } }, getTags: () => tags }),
    }
    stampGenAiSpan(span, requests)
    return tags
  }

  it('writes the session of the trace', () => {
    assert.equal(stamped('abc')['gen_ai.conversation.id'], 'abc')
  })

  it('writes nothing of a trace tag that a client may have written', () => {
    assert.deepEqual(stamped('<script> not valid'), { 'gen_ai.operation.name': 'invoke_agent' })
  })

  it('asks for the session of LLM Observability spans only', () => {
    let asked = 0
    const counting = new TraceSession((value) => {
      asked += 1
      return isWord(value)
    })
    const tags = { 'http.method': 'GET' }
    const span = {
      setTag() {},
      context: () => ({ _trace: { tags: { [SESSION_TRACE_TAG]: 'abc' } }, _tags: tags }),
    }
    stampGenAiSpan(span, counting)
    assert.equal(asked, 0)
  })
})

import assert from 'node:assert/strict'
import { outputParts } from '../src/output-parts.js'
import { spanContent } from '../src/span-content.js'

describe('outputParts', () => {
  const call = { label: 'tool call', name: 'weather', text: '{"city":"Oslo"}' }
  for (const [name, message, parts] of [
    [
      'the GenAI conventions',
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Oslo is cold.' },
          { type: 'text', content: 'Let me look.' },
          { type: 'tool_call', name: 'weather', arguments: { city: 'Oslo' } },
          { type: 'tool_call_response', response: { sky: 'clear' } },
        ],
      },
      [
        { label: 'thought', text: 'Oslo is cold.' },
        { label: 'text', text: 'Let me look.' },
        call,
        { label: 'result', text: '{"sky":"clear"}' },
      ],
    ],
    [
      'OpenAI',
      {
        role: 'assistant',
        content: 'Let me look.',
        reasoning_content: 'Oslo is cold.',
        tool_calls: [{ type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
      },
      [{ label: 'thought', text: 'Oslo is cold.' }, { label: 'text', text: 'Let me look.' }, call],
    ],
    [
      'Anthropic',
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Oslo is cold.' },
          { type: 'tool_use', name: 'weather', input: { city: 'Oslo' } },
        ],
      },
      [{ label: 'thought', text: 'Oslo is cold.' }, call],
    ],
    [
      'a thought before an answer',
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Cold.' },
          { type: 'text', content: 'Cold.' },
        ],
      },
      [
        { label: 'thought', text: 'Cold.' },
        { label: 'answer', text: 'Cold.' },
      ],
    ],
    ['an answer alone, which the output says', { role: 'assistant', content: 'Cold.' }, []],
    ['a message of another make', { role: 'assistant', content: [null, 7, { type: [] }] }, []],
  ] as const) {
    it(`reads ${name}`, () => {
      assert.deepEqual(outputParts([message as unknown as Record<string, unknown>]), parts)
    })
  }

  for (const [name, attributes] of [
    [
      'OpenInference',
      {
        'llm.output_messages.0.message.role': 'assistant',
        'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'weather',
        'llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments': '{"city":"Oslo"}',
      },
    ],
    [
      'OpenLLMetry',
      {
        'gen_ai.completion.0.role': 'assistant',
        'gen_ai.completion.0.tool_calls.0.name': 'weather',
        'gen_ai.completion.0.tool_calls.0.arguments': '{"city":"Oslo"}',
      },
    ],
  ] as const) {
    it(`reads the tool calls of ${name}'s indexed attributes`, () => {
      assert.deepEqual(spanContent(attributes).parts, [call])
      assert.equal(spanContent(attributes).output, 'assistant: weather({"city":"Oslo"})')
    })
  }
})

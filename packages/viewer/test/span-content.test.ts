import assert from 'node:assert/strict'
import { readable, spanContent } from '../src/span-content.js'

const messages = (content: string) => JSON.stringify([{ role: 'user', parts: [{ type: 'text', content }] }])

describe('spanContent', () => {
  for (const [name, attributes, events, input] of [
    ['a tool call', { 'gen_ai.tool.call.arguments': '{"city":"Oslo"}' }, [], '{"city":"Oslo"}'],
    ['GenAI messages', { 'gen_ai.input.messages': messages('Hi') }, [], 'user: Hi'],
    ['GenAI messages of an event', {}, [{ 'gen_ai.input.messages': messages('Hi') }], 'user: Hi'],
    [
      'GenAI messages of the span before those of an event',
      { 'gen_ai.input.messages': messages('span') },
      [{ 'gen_ai.input.messages': messages('event') }],
      'user: span',
    ],
    [
      'OpenLLMetry messages',
      {
        'gen_ai.prompt.0.role': 'system',
        'gen_ai.prompt.0.content': 'Be brief',
        'gen_ai.prompt.1.content': 'Hi',
      },
      [],
      'system: Be brief\n: Hi',
    ],
    [
      'OpenInference messages',
      {
        'llm.input_messages.0.message.role': 'user',
        'llm.input_messages.0.message.content': 'Hi',
        'input.value': 'no',
      },
      [],
      'user: Hi',
    ],
    ['an OpenInference value', { 'input.value': 'Hi' }, [], 'Hi'],
    ['a Langfuse value', { 'langfuse.observation.input': '{"role":"user","content":"Hi"}' }, [], 'user: Hi'],
    ['nothing', {}, [], null],
  ] as const) {
    it(`reads the input of ${name}`, () => {
      assert.equal(spanContent(attributes, events).input, input)
    })
  }

  for (const [name, attributes, tokens] of [
    ['GenAI', { 'gen_ai.usage.input_tokens': 3, 'gen_ai.usage.output_tokens': 4 }, { input: 3, output: 4 }],
    [
      'older GenAI',
      { 'gen_ai.usage.prompt_tokens': 3, 'gen_ai.usage.completion_tokens': 4 },
      { input: 3, output: 4 },
    ],
    [
      'OpenInference',
      { 'llm.token_count.prompt': 3, 'llm.token_count.completion': 4 },
      { input: 3, output: 4 },
    ],
    ['Langfuse', { 'langfuse.observation.usage_details': '{"input":3,"output":4}' }, { input: 3, output: 4 }],
    ['one side', { 'gen_ai.usage.input_tokens': 3 }, { input: 3, output: 0 }],
    ['no number', { 'gen_ai.usage.input_tokens': 'many' }, null],
  ] as const) {
    it(`reads the tokens of ${name}`, () => {
      assert.deepEqual(spanContent(attributes).tokens, tokens)
    })
  }

  it('prefers the model that answered to the one that was asked for', () => {
    const attributes = { 'gen_ai.request.model': 'gpt-5', 'gen_ai.response.model': 'gpt-5-2026' }
    assert.equal(spanContent(attributes).model, 'gpt-5-2026')
  })
})

describe('readable', () => {
  it('writes tool calls and their answers out', () => {
    const conversation = [
      { role: 'assistant', parts: [{ type: 'tool_call', name: 'weather', arguments: { city: 'Oslo' } }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', response: { sky: 'clear' } }] },
    ]
    assert.equal(readable(conversation), 'assistant: weather({"city":"Oslo"})\ntool: {"sky":"clear"}')
  })

  it('leaves text that is no JSON, and JSON that is no message, as it is', () => {
    assert.equal(readable('[not json'), '[not json')
    assert.equal(readable('{"city":"Oslo"}'), '{"city":"Oslo"}')
  })
})

import assert from 'node:assert/strict'
import { questionIn } from '../src/question-answer.js'

describe('questionIn', () => {
  for (const [name, input, question] of [
    [
      'the last message of a user',
      'system: Be brief\nuser: Hi\nassistant: Hello\nuser: Where\nis it?',
      'Where\nis it?',
    ],
    [
      'no tool result that follows',
      'user: Where is it?\nassistant: look({})\ntool: {"at":"Oslo"}',
      'Where is it?',
    ],
    ['the one text of an object', '{"question":"Where is it?","limit":3}', 'Where is it?'],
    ['an object with more texts as it is', '{"a":"b","c":"d"}', '{"a":"b","c":"d"}'],
    ['a text as it is', 'Where is it?', 'Where is it?'],
    ['nothing', null, null],
  ] as const) {
    it(`takes ${name}`, () => {
      assert.equal(questionIn(input), question)
    })
  }
})

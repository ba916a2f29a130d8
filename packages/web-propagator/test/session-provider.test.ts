import assert from 'node:assert/strict'
import { isSessionId } from '../src/session-provider.js'

describe('isSessionId', () => {
  for (const [name, id] of Object.entries({
    'a UUID': '3f0f9f5e-5b0c-4a0e-9d5e-0c8f1c1e2a3b',
    '256 characters': 'x'.repeat(256),
    'text beyond ASCII': 'séance 😀',
    'the separators of baggage': 'a,b;c=d "e\\',
  })) {
    it(`accepts ${name}`, () => assert.equal(isSessionId(id), true))
  }

  for (const [name, id] of Object.entries({
    undefined,
    null: null,
    'an empty string': '',
    'a number': 7,
    'a String object': new String('abc'),
    'a promise': Promise.resolve('abc'),
    '257 characters': 'x'.repeat(257),
    'a line break': 'a\nb',
    'a NUL': 'a\0',
    'a DEL': 'a\x7f',
    'a C1 control': 'a\x85',
    'a lone high surrogate': 'a\ud83d',
    'a lone low surrogate': '\ude00a',
  })) {
    it(`refuses ${name}`, () => assert.equal(isSessionId(id), false))
  }
})

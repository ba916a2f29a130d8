import assert from 'node:assert/strict'
import { isAnswer } from './steady-load.js'

describe('isAnswer', () => {
  const event = (part: object) => `data: ${JSON.stringify(part)}\n\n`
  const stream =
    event({ type: 'text', text: 'From our ' }) + event({ type: 'text', text: 'field notes: dry.' })

  it('is true for a complete answer of /api/ask and of /api/chat', () => {
    assert.ok(isAnswer(JSON.stringify({ answer: 'It arrives. From our field notes: dry.' })))
    assert.ok(isAnswer(event({ type: 'tool', name: 'research' }) + stream))
  })

  it('is false without the research result, and with an error', () => {
    assert.ok(!isAnswer(JSON.stringify({ answer: 'Our field team could not be asked just now.' })))
    assert.ok(!isAnswer(event({ type: 'text', text: 'It arrives.' })))
    assert.ok(!isAnswer(stream + event({ type: 'error', message: 'Please try again.' })))
  })
})

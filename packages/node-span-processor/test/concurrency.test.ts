import assert from 'node:assert/strict'
import { runFixture } from './run-fixture.js'

const REQUESTS = 1_000
// One chunk of the body, an agent, two parallel steps, three tokens, one step after the response.
const SPANS_PER_REQUEST = 8

describe('LlmObsSessionSpanProcessor behind an instrumented http server', () => {
  it('gives 8,000 spans of 1,000 interleaved requests the session of their request', async () => {
    assert.deepEqual(await runFixture('concurrent-requests', [String(REQUESTS)]), {
      spans: REQUESTS * SPANS_PER_REQUEST,
      wrong: 0,
      sessions: REQUESTS * 0.9,
    })
  }).timeout(120_000)
})

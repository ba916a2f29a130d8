import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const REQUESTS = 1_000
// Per request: one chunk of the body, an agent, two steps beside each other, three tokens, one step after the response.
const SPANS_PER_REQUEST = 8

describe('LlmObsSessionSpanProcessor behind an instrumented http server', () => {
  it('mixes no session of 1,000 interleaved requests with another', async () => {
    // In a process of its own: instrumentation-http patches node:http for good.
    const fixture = fileURLToPath(new URL('./fixtures/concurrent-requests.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', fixture, String(REQUESTS)],
      { env: { ...process.env, OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' } },
    )
    assert.deepEqual(JSON.parse(stdout), {
      spans: REQUESTS * SPANS_PER_REQUEST,
      wrong: 0,
      sessions: REQUESTS * 0.9,
    })
  }).timeout(120_000)
})

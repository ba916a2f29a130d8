import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { listen } from './listen.js'
import { OtlpRecorder } from './otlp-recorder.js'

const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'agent' }
const rejection = { partialSuccess: { rejectedSpans: 1, errorMessage: 'full' } }

const cases: { answer: string; status: number; taken: boolean }[] = [
  { answer: '', status: 200, taken: true },
  { answer: '{}', status: 200, taken: true },
  { answer: '{"partialSuccess":{}}', status: 200, taken: true },
  { answer: JSON.stringify(rejection), status: 200, taken: false },
  { answer: '{}', status: 503, taken: false },
]

describe('OtlpRecorder', () => {
  for (const { answer, status, taken } of cases) {
    it(`${taken ? 'counts' : 'does not count'} spans as accepted when the next hop answers ${status} ${answer}`, async () => {
      const nextHop = createServer((_request, response) => response.writeHead(status).end(answer))
      const recorder = await OtlpRecorder.start({ upstream: await listen(nextHop) })
      const response = await fetch(`${recorder.url}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
      })
      await response.text()
      await recorder.stop()
      nextHop.close()
      assert.equal(response.status, status)
      assert.equal(recorder.offered.size, 1)
      assert.equal(recorder.accepted.size, taken ? 1 : 0)
      assert.equal(recorder.rejections, status === 200 && !taken ? 1 : 0)
    })
  }
})

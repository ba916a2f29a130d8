import assert from 'node:assert/strict'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Agent } from '../src/agent.js'
import { createApp, handleError } from '../src/app.js'
import { shopAssistant } from '../src/shop-assistant.js'

describe('createApp', () => {
  let server: Server | undefined

  afterEach(() => {
    server?.close()
    server?.closeAllConnections()
  })

  async function serve(agent: Agent): Promise<string> {
    const listening = createApp(agent).use(handleError).listen(0, '127.0.0.1')
    server = listening
    await new Promise((resolve) => listening.once('listening', resolve))
    return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`
  }

  const post = (url: string, body: string, signal?: AbortSignal) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      ...(signal && { signal }),
    })

  it('answers from the order even when the research service is down', async () => {
    process.env.RESEARCH_URL = 'http://127.0.0.1:1'
    const url = await serve(shopAssistant)
    const response = await post(`${url}/api/ask`, JSON.stringify({ question: 'Where is order 1057?' }))
    const { answer } = (await response.json()) as { answer: string }
    assert.match(answer, /“Where is order 1057\?”/)
    assert.match(answer, /2 × Drift down sleeping bag; €438\.00/)
    assert.match(answer, /could not be asked just now/)
  })

  for (const [name, body] of [
    ['no question', '{}'],
    ['a blank question', '{"question":"  "}'],
    ['a question of 501 characters', JSON.stringify({ question: 'a'.repeat(501) })],
    ['a body of 9 kB', JSON.stringify({ question: 'a'.repeat(9000) })],
    ['broken JSON', '{"question":'],
  ] as const) {
    for (const route of ['/api/chat', '/api/ask', '/api/classic/ask']) {
      it(`explains the limits on ${route} when it gets ${name}`, async () => {
        const response = await post((await serve(shopAssistant)) + route, body)
        assert.equal(Math.trunc(response.status / 100), 4)
        assert.deepEqual(await response.json(), { error: 'Ask a question of 1 to 500 characters.' })
      })
    }
  }

  it('aborts the agent when the page goes away in the middle of a stream', async () => {
    let agentSignal: AbortSignal | undefined
    const url = await serve({
      answer: () => Promise.reject(new Error('not asked')),
      async *stream(_question, signal) {
        agentSignal = signal
        yield { type: 'text', text: 'first' }
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        })
      },
    })
    const client = new AbortController()
    const response = await post(`${url}/api/chat`, '{"question":"why?"}', client.signal)
    await response.body?.getReader().read()
    assert.equal(agentSignal?.aborted, false)
    client.abort()
    await new Promise((resolve) => agentSignal?.addEventListener('abort', resolve))
  })

  it('ends a stream that fails with a sentence for the customer and none of the details', async () => {
    const { error } = console
    const logged: unknown[] = []
    console.error = (message) => logged.push(message)
    try {
      const url = await serve({
        answer: () => Promise.reject(new Error('not asked')),
        stream: () => ({
          [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('db is down')) }),
        }),
      })
      const text = await (await post(`${url}/api/chat`, '{"question":"why?"}')).text()
      assert.equal(
        text,
        'data: {"type":"error","message":"The assistant could not answer. Please try again."}\n\n',
      )
      assert.deepEqual(logged, ['db is down'])
    } finally {
      console.error = error
    }
  })
})

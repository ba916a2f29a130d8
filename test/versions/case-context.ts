import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LlmObsEvent, TestAgent } from '../support/test-agent.js'
import { type Fixture, Service, type ServiceOptions } from './service.js'

/** One row of the table. A case throws when it fails. */
export interface Case {
  name: string
  run(context: CaseContext): Promise<void>
}

const completion = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'sunny' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})

/**
 * Answers `/echo` with the headers of the request, `/redirect` with `/echo` of a foreign host, everything else as an
 * OpenAI-compatible server does.
 */
export async function startLoopback(): Promise<{ port: number; stop(): void }> {
  const server = http.createServer((req, res) => {
    res.setHeader('content-type', 'application/json')
    if (req.url === '/redirect') {
      res.writeHead(307, { location: `http://llm.example.com:${req.socket.localPort}/echo` }).end()
      return
    }
    req.resume().once('end', () => res.end(req.url === '/echo' ? JSON.stringify(req.headers) : completion))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { port: (server.address() as { port: number }).port, stop: () => server.close() }
}

/** What a case works with. Services that it starts are stopped after it. */
export class CaseContext {
  readonly fixture: Fixture
  readonly loopbackPort: number
  readonly #agent: TestAgent | undefined
  readonly #services: Service[] = []
  #label = 0

  constructor(fixture: Fixture, agent: TestAgent | undefined, loopbackPort: number) {
    this.fixture = fixture
    this.#agent = agent
    this.loopbackPort = loopbackPort
  }

  get agent(): TestAgent {
    assert.ok(this.#agent, 'the case needs the test agent')
    return this.#agent
  }

  async start(options: ServiceOptions = {}): Promise<Service> {
    const service = await Service.start(this.fixture, options, this.#agent?.url ?? '')
    this.#services.push(service)
    return service
  }

  async stopServices(): Promise<void> {
    await Promise.all(this.#services.splice(0).map((service) => service.stop()))
  }

  newSession(): string {
    return randomUUID()
  }

  /** A prefix of span names that no other request has. */
  newLabel(): string {
    this.#label += 1
    return `r${this.#label}x`
  }

  /** Headers that a client sent, as the loopback server saw them from `service`. */
  async outgoing(
    service: Service,
    headers: http.OutgoingHttpHeaders,
    via = 'headers',
    host = '127.0.0.1',
    path = 'echo',
  ) {
    const next = encodeURIComponent(`http://${host}:${this.loopbackPort}/${path}`)
    return JSON.parse(await service.get(`${via}?next=${next}`, headers)) as Record<string, string>
  }

  /** Waits for exactly `count` events, then checks that each says the same in `session_id` and in its tags. */
  async events(service: Service | Service[], count: number, prefix = ''): Promise<LlmObsEvent[]> {
    let events: LlmObsEvent[] = []
    for (let tries = 0; tries < 60 && events.length < count; tries++) {
      for (const each of [service].flat()) await each.get('flush')
      await sleep(50)
      events = (await this.agent.events()).filter(({ name }) => name.startsWith(prefix))
    }
    assert.equal(events.length, count, `LLMObs events: ${events.map(({ name }) => name).join(' ') || 'none'}`)
    for (const { name, session_id, tags } of events) {
      const tagged = tags.filter((tag) => tag.startsWith('session_id:'))
      assert.deepEqual(tagged, session_id ? [`session_id:${session_id}`] : [], `tags of ${name}`)
    }
    return events
  }

  /** Asserts the session of `count` events, by the names' prefix; `undefined` means that they have none. */
  async expectSession(
    service: Service | Service[],
    prefix: string,
    count: number,
    sessionId: string | undefined,
  ): Promise<LlmObsEvent[]> {
    const events = await this.events(service, count, prefix)
    for (const event of events) assert.equal(event.session_id, sessionId, `session of ${event.name}`)
    return events
  }
}

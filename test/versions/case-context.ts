import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import http from 'node:http'
import { listen } from '../support/listen.js'
import type { LlmObsEvent, TestAgent } from '../support/test-agent.js'
import { waitUntil } from '../support/wait-until.js'
import { type Fixture, Service, type ServiceOptions } from './service.js'

/** One row of the table. `run` throws when the case fails. */
export interface Case {
  name: string
  run(context: CaseContext): Promise<void>
}

/** Headers of a request from a page: with its session, or without baggage. */
export const baggage = (sessionId: string | undefined) =>
  sessionId === undefined ? {} : { baggage: `tier=gold,session.id=${sessionId};source=rum` }

const completion = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'sunny' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})

/**
 * Starts a server on loopback. `/echo` responds with the headers of the request, `/redirect` redirects to `/echo` of a
 * third party, every other path responds with a chat completion of the OpenAI API.
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
  const port = Number(new URL(await listen(server)).port)
  return { port, stop: () => server.close() }
}

/** What a case works with. The services of a case are stopped after it. */
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

  /** A prefix of span names that is unique in the case. */
  newLabel(): string {
    this.#label += 1
    return `r${this.#label}x`
  }

  /** Lets `service` call a host that resolves to the loopback server. Returns the headers that arrived. */
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

  /** Waits for exactly `count` events, and checks that `session_id` and the tags of each agree. */
  async events(service: Service | Service[], count: number, prefix = ''): Promise<LlmObsEvent[]> {
    let events: LlmObsEvent[] = []
    await waitUntil(async () => {
      for (const each of [service].flat()) await each.get('flush')
      events = (await this.agent.events()).filter(({ name }) => name.startsWith(prefix))
      return events.length >= count
    })
    assert.equal(events.length, count, `LLMObs events: ${events.map(({ name }) => name).join(' ') || 'none'}`)
    for (const { name, session_id, tags } of events) {
      const tagged = tags.filter((tag) => tag.startsWith('session_id:'))
      assert.deepEqual(tagged, session_id ? [`session_id:${session_id}`] : [], `tags of ${name}`)
    }
    return events
  }

  /** Waits for `count` events with this prefix, and checks their session: `undefined` stands for none. */
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

import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { EventEmitter, once } from 'node:events'
import http, { type IncomingMessage, type RequestListener } from 'node:http'
import http2 from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Emitter, RequestSession } from '../src/request-session.js'
import { listenOnLoopback } from './loopback-server.js'
import { uncaughtExceptionsOf } from './uncaught-exceptions.js'

// Node publishes HTTP/2 streams from 22.17 and 24.2 on.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const HAS_HTTP2_CHANNEL = major > 24 || (major === 24 && minor >= 2) || (major === 22 && minor >= 17)

const get = (path: string, session?: string, more = '') =>
  `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${session ? `baggage: tenant=x,session.id=${session}\r\n` : ''}${more}\r\n`

const newEmitter = () => new EventEmitter() as unknown as EventEmitter & Emitter

describe('RequestSession', () => {
  const requests = new RequestSession()
  const undo: (() => unknown)[] = []

  beforeEach(() => {
    undo.push(requests.use())
  })
  afterEach(async () => {
    for (const each of undo.splice(0)) await each()
  })

  const session = () => {
    const { current } = requests
    return current ? current.sessionId : current
  }

  async function listen(listener: RequestListener): Promise<http.Server> {
    const server = http.createServer(listener)
    await listenOnLoopback(server)
    undo.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return server
  }

  const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port

  async function open(server: http.Server): Promise<Socket> {
    const socket = connect(portOf(server), '127.0.0.1')
    socket.on('data', () => {})
    await once(socket, 'connect')
    return socket
  }

  describe('current', () => {
    it('returns undefined outside of a request', () => {
      assert.equal(requests.current, undefined)
    })

    it('returns the session of each of 200 concurrent requests in awaits, timers, bodies and streams', async () => {
      let seen = 0
      let wrong = 0
      const check = (req: IncomingMessage) => {
        seen += 1
        const expected = req.url === '/none' ? null : req.url?.slice(1)
        if (session() !== expected) wrong += 1
      }
      const server = await listen(async (req, res) => {
        check(req)
        for await (const _ of req) check(req)
        await sleep(Math.random() * 5)
        check(req)
        async function* tokens() {
          for (let i = 0; i < 3; i++) {
            await sleep(1)
            check(req)
            yield 'token'
          }
        }
        Readable.from(tokens()).pipe(res)
        res.on('finish', () => check(req))
        res.on('close', () => setTimeout(() => check(req), 2))
      })
      const agent = new http.Agent({ keepAlive: true, maxSockets: 50 })
      undo.push(() => agent.destroy())
      await Promise.all(
        Array.from({ length: 200 }, async (_, index) => {
          const id = index % 5 ? `s-${index}` : 'none'
          const headers = id === 'none' ? {} : { baggage: `session.id=${id};p=1` }
          const request = http.request({
            port: portOf(server),
            path: `/${id}`,
            method: 'POST',
            headers,
            agent,
          })
          request.write('a')
          setTimeout(() => request.end('b'), Math.random() * 5)
          const [response] = await once(request, 'response')
          await response.toArray()
        }),
      )
      await sleep(20)
      assert.equal(wrong, 0)
      assert.ok(seen >= 200 * 8, String(seen))
    })

    it('returns null for a request without a session after one with a session on the same connection', async () => {
      const seen: unknown[] = []
      const server = await listen((req, res) => {
        seen.push([req.url, session()])
        setTimeout(() => {
          seen.push([req.url, session()])
          res.end()
        }, 1)
      })
      const socket = await open(server)
      for (const [path, id] of [['/1', 'a'], ['/2'], ['/3', 'b']] as const) {
        socket.write(get(path, id))
        await once(socket, 'data')
      }
      assert.deepEqual(
        seen.map(String),
        ['/1,a', '/1,a', '/2,', '/2,', '/3,b', '/3,b'],
        'String() shows null as nothing',
      )
      socket.destroy()
    })

    it('returns the session of each pipelined request, also when its response ends', async () => {
      const seen: [string, unknown][] = []
      const server = await listen(async (req, res) => {
        await sleep(5)
        const note = () => seen.push([String(req.url), session()])
        note()
        res.on('finish', note).on('close', note).end()
      })
      const socket = await open(server)
      socket.write(get('/1', 'a') + get('/2') + get('/3', 'b'))
      while (seen.length < 9) await sleep(5)
      const expected: Record<string, unknown> = { '/1': 'a', '/2': null, '/3': 'b' }
      for (const [path, id] of seen) assert.equal(id, expected[path], path)
      socket.destroy()
    })

    it('returns the session in the events of an aborted request and its response', async () => {
      for (const [start, events] of [
        [get('/hang', 'a'), ['req close', 'res close']],
        [
          `${get('/up', 'a', 'content-length: 9\r\n').replace('GET', 'POST')}part`,
          ['req aborted', 'req error', 'req close', 'res close'],
        ],
      ] as const) {
        const seen = new Map<string, unknown>()
        const server = await listen((req, res) => {
          for (const [name, emitter] of Object.entries({ req, res } as Record<string, EventEmitter>)) {
            for (const event of ['aborted', 'error', 'close']) {
              emitter.on(event, () => seen.set(`${name} ${event}`, session()))
            }
          }
          req.resume()
        })
        const socket = await open(server)
        socket.write(start)
        await sleep(20)
        socket.destroy()
        while (!seen.has('res close')) await sleep(5)
        await sleep(5)
        for (const event of events) assert.equal(seen.get(event), 'a', event)
        for (const [event, id] of seen) assert.equal(id, 'a', event)
      }
    })

    it('returns undefined in an upgrade, also after a request with a session on the same connection', async () => {
      const seen: unknown[] = []
      const server = await listen((_, res) => res.end())
      server.on('upgrade', (_, socket: Socket) => {
        seen.push(session())
        socket.on('data', () => seen.push(session()))
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
      })
      const upgrade = get('/', 'mine', 'connection: upgrade\r\nupgrade: websocket\r\n')
      const fresh = await open(server)
      fresh.write(upgrade)
      const kept = await open(server)
      kept.write(get('/', 'other'))
      await once(kept, 'data')
      kept.write(upgrade)
      const pipelined = await open(server)
      pipelined.write(get('/', 'other') + upgrade)
      await sleep(20)
      for (const socket of [fresh, kept, pipelined]) socket.write('frame')
      await sleep(20)
      assert.deepEqual(seen, Array(6).fill(undefined))
      for (const socket of [fresh, kept, pipelined]) socket.destroy()
    })

    it('returns the session of an HTTP/2 request and in its events, from Node 22.17 and 24.2 on', async () => {
      const seen: [string, unknown][] = []
      const server = http2.createServer((req, res) => {
        const note = (event: string) => seen.push([`${req.url} ${event}`, session()])
        note('request')
        for (const event of ['data', 'end', 'aborted', 'close']) req.on(event, () => note(event))
        for (const event of ['data', 'aborted', 'close']) req.stream.on(event, () => note(`stream ${event}`))
        res.on('close', () => note('response close'))
        if (!req.url.startsWith('/hang')) setTimeout(() => res.end('x'), 5)
      })
      const client = http2.connect(`http://127.0.0.1:${await listenOnLoopback(server)}`)
      undo.push(() => {
        client.close()
        server.close()
      })
      for (const id of ['a', 'none', 'b']) {
        const stream = client.request({
          ':path': `/${id}`,
          ':method': 'POST',
          ...(id === 'none' ? {} : { baggage: `session.id=${id}` }),
        })
        stream.resume().write('1')
        setTimeout(() => stream.end('2'), 2)
        await once(stream, 'close')
      }
      const hanging = client.request({ ':path': '/hang', baggage: 'session.id=hang' })
      hanging.on('error', () => {})
      await sleep(20)
      hanging.close(http2.constants.NGHTTP2_CANCEL)
      await sleep(20)
      assert.ok(seen.length >= 25, String(seen.length))
      for (const [event, id] of seen) {
        const own = event.slice(1).split(' ')[0]
        const expected = HAS_HTTP2_CHANNEL && own !== 'none' ? own : undefined
        assert.equal(id ?? undefined, expected, event)
      }
    })

    it('returns null from 60 seconds after the response on', async () => {
      const { now } = performance
      undo.push(() => {
        performance.now = now
      })
      let look: (() => unknown) | undefined
      const server = await listen((_, res) => {
        const inside = AsyncLocalStorage.snapshot()
        look = () => inside(session)
        res.end()
      })
      const start = now.call(performance)
      performance.now = () => start + 3_600_000
      const socket = await open(server)
      socket.write(get('/', 'a'))
      await once(socket, 'data')
      await sleep(10)
      for (const [milliseconds, expected] of [
        [0, 'a'],
        [60_000, 'a'],
        [60_001, null],
      ] as const) {
        performance.now = () => start + 3_600_000 + milliseconds
        assert.equal(look?.(), expected, String(milliseconds))
      }
      socket.destroy()
    })

    it('returns the session while the response is open, even for an hour', async () => {
      const { now } = performance
      undo.push(() => {
        performance.now = now
      })
      const server = await listen(async (req, res) => {
        // The request closes once its body is read.
        await once(req.resume(), 'close')
        performance.now = () => now.call(performance) + 3_600_000
        res.end(String(session()))
      })
      const response = await fetch(`http://127.0.0.1:${portOf(server)}/`, {
        method: 'POST',
        body: 'question',
        headers: { baggage: 'session.id=a' },
      })
      assert.equal(await response.text(), 'a')
    })

    for (const [what, baggage, expected] of [
      ['no baggage', undefined, null],
      ['other members', 'tenant=x', null],
      ['an empty value', 'session.id=', null],
      ['a value that does not decode', 'session.id=%E0%A4%A', null],
      ['256 characters', `session.id=${'x'.repeat(256)}`, 'x'.repeat(256)],
      ['257 characters', `session.id=${'x'.repeat(257)}`, null],
      ['an encoded value, which each reader validates', 'session.id=%3Cscript%3E', '<script>'],
      ['two keys that decode to one', 'session.id=abc,session%2Eid=1', '1'],
    ] as const) {
      it(`returns ${String(expected).slice(0, 20)} for a header with ${what}`, () => {
        new AsyncLocalStorage().run(1, () => {
          requests.enter({ headers: { baggage } }, newEmitter())
          assert.equal(session(), expected)
        })
      })
    }
  })

  describe('enter', () => {
    it('forgets the previous request if reading the headers throws', async () => {
      await Promise.resolve()
      requests.enter({ headers: { baggage: 'session.id=a' } }, newEmitter())
      const broken = {
        get headers(): Record<string, unknown> {
          throw new Error('no headers')
        },
      }
      requests.enter(broken, newEmitter())
      assert.equal(requests.current, null)
    })

    it('does not throw into Node for any message', async () => {
      const hostile = {
        get request(): never {
          throw new Error('no request')
        },
        get stream(): never {
          throw new Error('no stream')
        },
      }
      const messages = [undefined, null, 7, {}, { request: null, stream: null }, hostile]
      const uncaught = await uncaughtExceptionsOf(() => {
        for (const name of ['http.server.request.start', 'http2.server.stream.start']) {
          for (const message of messages) channel(name).publish(message)
        }
      })
      assert.deepEqual(uncaught, [])
    })

    it('ignores streams that the server pushes', async () => {
      await Promise.resolve()
      const own = new RequestSession()
      undo.push(own.use())
      const headers = { baggage: 'session.id=a' }
      channel('http2.server.stream.start').publish({
        headers,
        stream: Object.assign(newEmitter(), { id: 3 }),
      })
      channel('http2.server.stream.start').publish({
        headers: {},
        stream: Object.assign(newEmitter(), { id: 4 }),
      })
      assert.equal(own.current?.sessionId, 'a')
    })

    it('ignores a request that is already current', async () => {
      await Promise.resolve()
      const response = newEmitter()
      requests.enter({ headers: { baggage: 'session.id=a' } }, response)
      const { current } = requests
      requests.enter({ headers: { baggage: 'session.id=a' } }, response)
      assert.equal(requests.current, current)
    })

    it('wraps the emitters of requests only after one has brought a session', async () => {
      await Promise.resolve()
      const own = new RequestSession()
      undo.push(own.use())
      const [before, after] = [newEmitter(), newEmitter()]
      own.enter({ headers: {} }, before)
      own.enter({ headers: { baggage: 'session.id=a' } }, newEmitter())
      own.enter({ headers: {} }, after)
      assert.deepEqual(
        [before, after].map((emitter) => Object.hasOwn(emitter, 'emit')),
        [false, true],
      )
    })

    it('passes this, the arguments and the result of emit through', async () => {
      await Promise.resolve()
      const emitter = newEmitter()
      requests.enter({ headers: { baggage: 'session.id=a' } }, emitter)
      const heard: unknown[] = []
      const proxy = Object.create(emitter)
      emitter.on('x', function (this: unknown, ...args) {
        heard.push(this, ...args)
      })
      assert.equal(proxy.emit('x', 1, 2), true)
      assert.equal(emitter.emit('unheard'), false)
      assert.deepEqual(heard, [proxy, 1, 2])
    })
  })

  describe('use', () => {
    it('does not use AsyncLocalStorage while isOn of every user returns false', async () => {
      await Promise.resolve()
      const own = new RequestSession()
      const stop = own.use(() => false)
      const response = newEmitter()
      own.enter({ headers: { baggage: 'session.id=a' } }, response)
      assert.equal(own.current, undefined)
      assert.ok(!Object.hasOwn(response, 'emit'))
      stop()
    })

    it('forgets the session of a connection once isOn of every user returns false', async () => {
      await Promise.resolve()
      const own = new RequestSession()
      let isOn = true
      const stop = own.use(() => isOn)
      own.enter({ headers: { baggage: 'session.id=a' } }, newEmitter())
      isOn = false
      own.enter({ headers: {} }, newEmitter())
      assert.equal(own.current, null)
      stop()
    })

    it('follows requests until the last user stops', async () => {
      const own = new RequestSession()
      const stops = [own.use(), own.use()]
      const seen: unknown[] = []
      const server = await listen((_, res) => {
        seen.push(own.current?.sessionId)
        res.end()
      })
      for (const stop of stops) {
        stop()
        stop()
        const headers = { baggage: 'session.id=a' }
        await (await fetch(`http://127.0.0.1:${portOf(server)}/`, { headers })).text()
      }
      assert.deepEqual(seen, ['a', undefined])
      assert.equal(own.hasSeenOne, true)
    })

    it('keeps the emitters of a request working after the last user stopped', async () => {
      await Promise.resolve()
      const own = new RequestSession()
      const stop = own.use()
      const response = newEmitter()
      own.enter({ headers: { baggage: 'session.id=a' } }, response)
      assert.equal(own.current?.sessionId, 'a')
      let seen: unknown = 'unheard'
      response.on('x', () => {
        seen = own.current
      })
      stop()
      assert.equal(own.current, undefined)
      response.emit('x')
      assert.equal(seen, undefined)
    })
  })

  describe('ofProcess', () => {
    it('returns the same instance to the ESM and the CommonJS copy of the package', async () => {
      const [esm, cjs] = await Promise.all([
        import(new URL('../dist/esm/request-session.js', import.meta.url).href),
        import(new URL('../dist/cjs/request-session.js', import.meta.url).href),
      ])
      assert.notEqual(esm.RequestSession, cjs.RequestSession)
      assert.equal(esm.RequestSession.ofProcess(), cjs.RequestSession.ofProcess())
    })
  })

  it('stores only strings and numbers of a request', async () => {
    let current: object | null | undefined
    const server = await listen((_, res) => {
      current = requests.current
      res.end()
    })
    await (
      await fetch(`http://127.0.0.1:${portOf(server)}/`, { headers: { baggage: 'session.id=a' } })
    ).text()
    await sleep(10)
    assert.deepEqual(
      Object.entries(current ?? {}).map(([name, value]) => [name, typeof value]),
      [
        ['sessionId', 'string'],
        ['closedAt', 'number'],
      ],
    )
  })
})

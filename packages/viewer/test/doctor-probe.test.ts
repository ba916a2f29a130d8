import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type DoctorCommand, parseCommand } from '../src/command-line.js'
import { checkRequest, noteOthers } from '../src/doctor/checks.js'
import { checkPreflight } from '../src/doctor/preflight.js'
import { sendProbe } from '../src/doctor/probe.js'
import type { Span, Trace } from '../src/telemetry.js'

const servers: Server[] = []

async function listening(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function doctorCommand(...args: string[]): DoctorCommand {
  const command = parseCommand(['doctor', ...args], {})
  assert.ok(command.name === 'doctor')
  return command
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

describe('requests of the doctor', () => {
  it('follow no redirect, which would get the session and the headers', async () => {
    let asked = 0
    const other = await listening((_request, response) => {
      asked++
      response.writeHead(204, { 'access-control-allow-origin': '*' }).end()
    })
    const url = await listening((_request, response) => {
      response.writeHead(307, { location: `${other}/chat` }).end()
    })
    const command = doctorCommand(
      '--url',
      url,
      '--origin',
      'http://localhost:5173',
      '--header',
      'x-key: secret',
    )
    const preflight = await checkPreflight(command)
    const [row] = checkRequest(await sendProbe(command, 's'), [], [])
    assert.equal(asked, 0)
    assert.equal(preflight.result, 'fail')
    assert.equal(row?.result, 'fail')
    assert.equal(row?.found, `answered 307, which sends on to ${other}/chat`)
    assert.match(row?.mend ?? '', /^Name that URL/)
  })

  it('fail where the answer breaks off', async () => {
    const url = await listening((_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('x')
      setTimeout(() => response.destroy(), 50)
    })
    const [row] = checkRequest(await sendProbe(doctorCommand('--url', url), 's'), [], [])
    assert.equal(row?.result, 'fail')
    assert.match(row?.found ?? '', /SOCKET/)
    assert.match(row?.mend ?? '', /log\.$/)
  })

  it('fail where no answer to OPTIONS comes', async () => {
    const url = await listening(() => {})
    const command = doctorCommand('--url', url, '--origin', 'http://localhost:5173', '--timeout', '0.3')
    const { result, found } = await checkPreflight(command)
    assert.equal(result, 'fail')
    assert.match(found, /^no answer: .*timeout/)
  })

  it('are sent again, each in a trace of its own, while the backend is not ready', async () => {
    const asked: unknown[] = []
    const url = await listening(({ headers: { traceparent } }, response) => {
      asked.push(traceparent)
      response.writeHead([503, 502][asked.length - 1] ?? 200).end()
    })
    const probe = await sendProbe(doctorCommand('--url', url), 's')
    const [row] = checkRequest(probe, [], [])
    assert.equal(new Set(asked).size, 3)
    assert.match(String(asked[2]), new RegExp(probe.traceId))
    assert.equal(row?.result, 'ok')
    assert.match(row?.found ?? '', /^answered 200 after 502, 503 or 504 for \d s$/)
  })

  it('are sent again for no longer than --timeout', async () => {
    const url = await listening((_request, response) => response.writeHead(503).end())
    const [row] = checkRequest(await sendProbe(doctorCommand('--url', url, '--timeout', '0.3'), 's'), [], [])
    assert.equal(row?.result, 'fail')
    assert.match(row?.found ?? '', /^answered 503/)
  })
})

describe('traces of a request', () => {
  const llm = (sessionId: string | null) => ({ name: 'chat', kind: 'llm', sessionId, attributes: {} }) as Span
  const trace = (traceId: string, startedAt: number, sessionId: string | null, apmTraceId?: string) =>
    ({
      traceId,
      startedAt,
      rootName: traceId,
      spans: [{ ...llm(sessionId), apmTraceId }],
    }) as unknown as Trace
  const ids = (traces: Trace[]) => traces.map(({ traceId }) => traceId)

  async function served() {
    const url = await listening((_request, response) => response.end())
    const startedAt = Date.now()
    return { probe: await sendProbe(doctorCommand('--url', url), 's'), startedAt }
  }

  it('are those with its session, beside other traffic, where the backend starts its own', async () => {
    const { probe, startedAt } = await served()
    const traces = [trace('cron', startedAt, null), trace('own', startedAt, 's')]
    assert.deepEqual(ids(probe.tracesIn(traces)), ['own'])
    const [row, ...more] = noteOthers(probe, probe.tracesIn(traces), traces)
    assert.deepEqual(more, [])
    assert.equal(row?.result, 'note')
    assert.equal(row?.found, '1 began meanwhile without the session: cron')
  })

  it('are those whose APM trace is its trace, beside other traffic, where LLM Observability has its own ids', async () => {
    const { probe, startedAt } = await served()
    const traces = [trace('cron', startedAt, null), trace('own', startedAt, null, probe.traceId)]
    assert.deepEqual(ids(probe.tracesIn(traces)), ['own'])
  })

  it('are all that began meanwhile, where none has its session', async () => {
    const { probe, startedAt } = await served()
    const traces = [trace('own', startedAt, null), trace('old', startedAt - 1000, null)]
    assert.deepEqual(ids(probe.tracesIn(traces)), ['own'])
  })

  it('leave out LLM work that lost its context, which is noted', async () => {
    const { probe, startedAt } = await served()
    const traces = [trace(probe.traceId, startedAt, 's'), trace('timer', startedAt, null)]
    assert.deepEqual(ids(probe.tracesIn(traces)), [probe.traceId])
    assert.match(noteOthers(probe, probe.tracesIn(traces), traces)[0]?.found ?? '', /^1 began .*: timer$/)
  })
})

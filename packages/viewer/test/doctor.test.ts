import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseCommand } from '../src/command-line.js'
import { checkRequest, checkWithoutSession } from '../src/doctor/checks.js'
import { checkPreflight } from '../src/doctor/preflight.js'
import { table } from '../src/doctor/table.js'
import { thirdPartyHosts } from '../src/doctor/third-party-hosts.js'
import { GRPC_CLIENT } from '../src/grpc-clients.js'
import type { Attributes, Span, Trace } from '../src/telemetry.js'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

async function listening(handler: RequestListener): Promise<[Server, string]> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return [server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`]
}

async function run(args: string[]) {
  const doctor = spawn(process.execPath, ['--import', 'tsx', main, 'doctor', ...args], {
    env: { ...process.env, PORT: '0' },
  })
  let stderr = ''
  doctor.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const [code] = await once(doctor, 'close')
  return { code, stderr }
}

describe('doctor', () => {
  const url = 'http://127.0.0.1:9/api/chat'

  it('says in one line that the command is none', async () => {
    assert.deepEqual(await run(['--url', url, '--', 'no-such-program']), {
      code: 1,
      stderr: 'no-such-program is not a command\n',
    })
  })

  it('says how the backend ended, and what it printed last', async () => {
    const script = 'console.error("no key"); process.exit(3)'
    assert.deepEqual(await run(['--url', url, '--', process.execPath, '-e', script]), {
      code: 1,
      stderr: 'the backend ended with code 3\nIts last output:\nno key\n',
    })
  })

  it('says that nothing answers, and leaves no backend behind', async () => {
    const script = 'setInterval(() => {}, 1000); console.log(process.pid)'
    const { code, stderr } = await run(['--url', url, '--timeout', '1', '--', process.execPath, '-e', script])
    assert.equal(code, 1)
    const [, pid] =
      /^nothing answers at 127\.0\.0\.1:9 after 1 s\nIts last output:\n(\d+)\n$/.exec(stderr) ?? []
    assert.throws(() => process.kill(Number(pid), 0), /ESRCH/)
  })

  it('starts no second backend where one listens', async () => {
    const [server, running] = await listening((_request, response) => response.end())
    const { code, stderr } = await run(['--url', running, '--', process.execPath, '-e', ''])
    server.close()
    assert.equal(code, 1)
    assert.match(
      stderr,
      /^something listens at 127\.0\.0\.1:\d+ already: stop it, or leave out the command\n$/,
    )
  })
})

describe('checkPreflight', () => {
  for (const [name, headers, status, result, found, options = []] of [
    [
      'all headers',
      { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' },
      204,
      'ok',
      /may send/,
    ],
    [
      'baggage, and none of RUM’s headers',
      {
        'access-control-allow-origin': 'http://localhost:5173',
        'access-control-allow-headers': 'Content-Type, Baggage, traceparent,tracestate',
      },
      200,
      'note',
      / of OpenTelemetry; RUM with datadog headers: not allowed from http:\/\/localhost:5173: x-datadog-origin/,
    ],
    [
      'all by a wildcard, which leaves out authorization',
      { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' },
      204,
      'fail',
      /^not allowed from http:\/\/localhost:5173: authorization$/,
      ['--header', 'Authorization: Bearer x'],
    ],
    [
      'no baggage',
      { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'content-type' },
      204,
      'fail',
      /^OpenTelemetry: not allowed from http:\/\/localhost:5173: baggage, traceparent; RUM/,
    ],
    [
      'another origin',
      { 'access-control-allow-origin': 'https://a.example' },
      204,
      'fail',
      /sends no request/,
    ],
    ['nothing', {}, 404, 'fail', /^404, allowed origin none/],
    ['all, after a redirect', { location: '/other' }, 302, 'fail', /^302: a browser follows no redirect/],
    [
      'the headers of a sender without baggage',
      {
        'access-control-allow-origin': '*',
        'access-control-allow-headers': 'content-type, traceparent, tracestate',
      },
      204,
      'fail',
      /: baggage; RUM/,
    ],
    [
      'all headers and no method',
      { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' },
      204,
      'fail',
      /^not allowed from http:\/\/localhost:5173: method PUT$/,
      ['--method', 'PUT'],
    ],
    [
      'all headers and the method',
      {
        'access-control-allow-origin': '*',
        'access-control-allow-headers': '*',
        'access-control-allow-methods': 'GET, PUT',
      },
      204,
      'ok',
      /may send/,
      ['--method', 'put'],
    ],
  ] as const) {
    it(`gives ${result} where the endpoint allows ${name}`, async () => {
      const asked: Record<string, unknown>[] = []
      const [server, url] = await listening((request, response) => {
        asked.push({ method: request.method, ...request.headers })
        response.writeHead(status, headers).end()
      })
      const command = parseCommand(
        ['doctor', '--url', url, '--origin', 'http://localhost:5173', ...options],
        {},
      )
      assert.ok(command.name === 'doctor')
      const row = await checkPreflight(command)
      server.close()
      assert.equal(row.result, result)
      assert.match(row.found, found)
      const method = options[0] === '--method' ? 'PUT' : 'POST'
      const own = options[0] === '--header' ? 'authorization,' : ''
      assert.deepEqual(
        asked.map((request) => [
          request.method,
          request['access-control-request-method'],
          request['access-control-request-headers'],
        ]),
        [
          'traceparent',
          'traceparent,tracestate,x-datadog-origin,x-datadog-parent-id,x-datadog-sampling-priority,x-datadog-trace-id',
        ].map((added) => ['OPTIONS', method, `${own}baggage,content-type,${added}`]),
      )
    })
  }

  it('passes with a server that refuses the whole preflight for a header that it does not know', async () => {
    const known = ['content-type', 'baggage', 'traceparent', 'tracestate']
    const [server, url] = await listening(({ headers }, response) => {
      const asked = String(headers['access-control-request-headers']).split(',')
      response.setHeader('access-control-allow-origin', 'http://localhost:5173')
      response.setHeader('access-control-allow-headers', known.join(', '))
      response.writeHead(asked.every((name) => known.includes(name)) ? 200 : 400).end()
    })
    const command = parseCommand(['doctor', '--url', url, '--origin', 'http://localhost:5173'], {})
    assert.ok(command.name === 'doctor')
    const { result, found } = await checkPreflight(command)
    server.close()
    assert.equal(result, 'note')
    assert.match(found, /may send baggage beside the headers of OpenTelemetry; RUM with datadog headers: 400/)
  })
})

describe('checks of the doctor', () => {
  const span = (more: Partial<Span>) =>
    ({
      spanId: '1',
      name: 'chat',
      kind: 'llm',
      otelKind: null,
      sessionId: null,
      sessionFrom: null,
      attributes: {},
      ...more,
    }) as Span
  const trace = (...spans: Span[]) => ({ traceId: 't', spans }) as unknown as Trace
  const probe = {
    sessionId: 's',
    traceId: 't',
    parentId: 'p',
    status: 200,
    location: null,
    unreadyMs: 0,
    failure: null,
    isMeanwhile: () => true,
    tracesIn: () => [],
  }
  it('fails for a gRPC client where no LLM span came, and notes it otherwise', () => {
    const spans = [span({ sessionId: 's', sessionFrom: 'gen_ai.conversation.id' })]
    const results = (traces: Trace[]) =>
      checkRequest(probe, traces, [GRPC_CLIENT]).map(({ check, result }) => [check, result])
    assert.deepEqual(results([trace(...spans)]).slice(1), [
      ['grpc', 'note'],
      ['session on LLM spans', 'ok'],
    ])
    assert.deepEqual(results([]).slice(1), [['grpc', 'fail']])
  })

  const without = { ...probe, sessionId: null }
  const otherTrace = (...spans: Span[]) => ({ ...trace(...spans), traceId: 'other' })
  const own: Attributes = { 'gen_ai.conversation.id': 'thread' }

  it('counts a conversation id of its own as joined, and marks it', () => {
    const spans = [span({ sessionId: 's', sessionFrom: 'tag session_id', attributes: own })]
    const [, row] = checkRequest(probe, [trace(...spans)], [])
    assert.equal(row?.result, 'ok')
    assert.match(row?.found ?? '', /1 of 1 carry it in tag session_id; 1 have a conversation id of their own/)
  })

  it('fails for one LLM span of two, and where none came', () => {
    const spans = [span({ sessionId: 's', sessionFrom: 'gen_ai.conversation.id' }), span({ spanId: '2' })]
    assert.equal(checkRequest(probe, [trace(...spans)], [])[1]?.result, 'fail')
    assert.equal(checkRequest(probe, [], [])[1]?.result, 'fail')
    assert.equal(checkWithoutSession(without, [], probe, []).result, 'fail')
  })

  for (const [name, attributes, sessionFrom] of [
    ['gen_ai.conversation.id', { 'gen_ai.conversation.id': 'thread' }, 'gen_ai.conversation.id'],
    ['langfuse.session.id', { 'langfuse.session.id': 'thread' }, 'langfuse.session.id'],
    ['session.id of OpenInference', { 'session.id': 'thread' }, 'session.id'],
  ] as const) {
    it(`lets an application have its own ${name} in both requests`, () => {
      const first = span({
        sessionId: 's',
        sessionFrom: 'tag session_id',
        attributes: { ...attributes, session_id: 's' },
      })
      const second = span({ sessionId: 'thread', sessionFrom, attributes })
      const row = checkWithoutSession(without, [trace(second)], probe, [otherTrace(first)])
      assert.equal(row.result, 'ok')
      assert.match(row.found, /1 have a conversation id of their own$/)
    })
  }

  for (const [name, attributes, sessionFrom] of [
    ['in gen_ai.conversation.id alone', { 'gen_ai.conversation.id': 's' }, 'gen_ai.conversation.id'],
    ['in a tag', { session_id: 's' }, null],
    ['in dd-trace’s tag', { 'baggage.session.id': 's' }, null],
  ] as const) {
    it(`fails where a request without a session gets that of the other ${name}`, () => {
      const spans = [span({ sessionId: sessionFrom && 's', sessionFrom, attributes })]
      assert.equal(checkWithoutSession(without, [trace(...spans)], probe, []).result, 'fail')
    })
  }

  it('lets both requests have one conversation id where no processor is', () => {
    const spans = span({ sessionId: 'thread', sessionFrom: 'gen_ai.conversation.id', attributes: own })
    assert.equal(checkWithoutSession(without, [trace(spans)], probe, [otherTrace(spans)]).result, 'ok')
  })

  it('fails where both requests get one session that is neither’s', () => {
    const kept = span({ sessionId: 'kept', sessionFrom: 'session.id', attributes: { 'session.id': 'kept' } })
    assert.equal(checkWithoutSession(without, [trace(kept)], probe, [otherTrace(kept)]).result, 'fail')
    assert.equal(checkWithoutSession(without, [trace(kept)], probe, []).result, 'ok')
  })

  it('names the third-party hosts of client spans, and says what it cannot see', () => {
    const to = (attributes: Attributes) => span({ kind: null, otelKind: 'client', attributes })
    const spans = [
      to({ 'server.address': 'api.openai.com' }),
      to({ 'http.url': 'https://other.example/v1?key=secret' }),
      to({ 'server.address': '127.0.0.1' }),
      to({ 'server.address': '8.8.8.8' }),
      to({ 'net.peer.name': 'db' }),
      to({ 'server.address': '/var/run/docker.sock' }),
      to({ 'server.address': '', 'url.full': 'https://last.example/x' }),
    ]
    const { result, found } = thirdPartyHosts([trace(...spans)], () => [])
    assert.equal(result, 'note')
    assert.match(
      found,
      /name api\.openai\.com, other\.example, 8\.8\.8\.8, last\.example; spans show no headers/,
    )
  })

  for (const [key, ...hosts] of [
    ['url.full', 'https://[2001:4860:4860::8888]/x', 'https://[::1]:8080/x', 'http://[fd00::1]/'],
    ['http.url', 'https://[2001:4860:4860::8888]/x', 'https://[::1]:8080/x', 'http://10.0.0.1/'],
    ['server.address', '2001:4860:4860::8888', '::1', '::ffff:127.0.0.1', '[fe80::1]'],
  ] as const) {
    it(`tells a public IPv6 address from a private one in ${key}`, () => {
      const spans = hosts.map((host) => span({ kind: null, otelKind: 'client', attributes: { [key]: host } }))
      const { found } = thirdPartyHosts([trace(...spans)], () => [])
      assert.match(found, /^client spans name \[?2001:4860:4860::8888\]?;/)
    })
  }

  it('is a table that breaks long lines', () => {
    const text = table([{ check: 'a', result: 'fail', found: 'word '.repeat(40).trim(), mend: 'mend it' }])
    assert.ok(text.split('\n').every((line) => line.length < 125))
    assert.match(text, /^FAIL {2}a {26}word/m)
    assert.match(text, /^ {33}→ mend it$/m)
  })
})

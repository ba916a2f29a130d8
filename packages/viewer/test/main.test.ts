import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

const started: ChildProcessWithoutNullStreams[] = []

function start(args: string[], env?: NodeJS.ProcessEnv): ChildProcessWithoutNullStreams {
  const viewer = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    env: { ...process.env, ...env },
  })
  started.push(viewer)
  return viewer
}

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, PORT: '' },
  })
  return { status, stdout, stderr }
}

describe('main', () => {
  afterEach(() => {
    for (const viewer of started.splice(0)) viewer.kill('SIGKILL')
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`prints its address and how to send to it, and ends cleanly on ${signal} with a page still open`, async () => {
      const viewer = start([], { PORT: '0', HOST: '0.0.0.0' })
      const [output] = (await once(viewer.stdout, 'data')) as [Buffer]
      const [, url] = /^viewer listening on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(output.toString()) ?? []
      assert.ok(url, output.toString())
      for (const line of [
        `OTEL_EXPORTER_OTLP_ENDPOINT=${url} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n`,
        `DD_TRACE_AGENT_URL=${url} DD_LLMOBS_ENABLED=1`,
        `proxy: '${url}/rum',\n`,
      ])
        assert.ok(output.toString().includes(line), output.toString())
      const events = await fetch(`${url}/api/events`)
      viewer.kill(signal)
      assert.deepEqual(await once(viewer, 'exit'), [0, null])
      await assert.rejects(events.text())
    })
  }

  it('warns in one line where others can reach it', async () => {
    const viewer = start(['--port', '0', '--host', '0.0.0.0'])
    const [[warning]] = (await Promise.all([once(viewer.stderr, 'data'), once(viewer.stdout, 'data')])) as [
      [Buffer],
      [Buffer],
    ]
    viewer.kill()
    await once(viewer, 'exit')
    assert.match(warning.toString(), /^Listening on 0\.0\.0\.0: without authentication, .+\n$/)
  })

  it('says in one line that the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const viewer = start(['--port', String(port)])
    let stderr = ''
    viewer.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    assert.deepEqual(await once(viewer, 'close'), [1, null])
    other.close()
    assert.equal(stderr, `port ${port} is in use: stop what listens there, or name another with --port\n`)
  })

  it('says in one line that an option is none, with the exit code of wrong usage', () => {
    assert.deepEqual(run('--prot', '1'), {
      status: 2,
      stdout: '',
      stderr: '--prot is not an option: use --port, --host, --help, --version\n',
    })
  })

  it('helps, and names its version', () => {
    const help = run('--help')
    assert.deepEqual([help.status, help.stderr], [0, ''])
    assert.match(help.stdout, /--port[\s\S]+doctor --url/)
    assert.deepEqual(run('--version'), { status: 0, stdout: '0.1.0\n', stderr: '' })
  })
})

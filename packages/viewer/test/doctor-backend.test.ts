import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { takesConnections } from '../src/doctor/backend.js'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const tellPid = (url: string) => `require('node:http').get('${url}/' + process.pid).on('error', () => {});`

/** Starts the doctor on a backend that never answers, and resolves once a process of it told its id to `url`. */
async function startDoctor(script: (url: string) => string, timeout: string) {
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const asked = once(server, 'request')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const args = ['doctor', '--url', 'http://127.0.0.1:9/', '--timeout', timeout]
  const doctor = spawn(
    process.execPath,
    ['--import', 'tsx', main, ...args, '--', process.execPath, '-e', script(url)],
    { env: { ...process.env, PORT: '0' } },
  )
  doctor.stdout.resume()
  doctor.stderr.resume()
  const [{ url: path }] = await asked
  server.close().closeAllConnections()
  return { doctor, pid: Number(path.slice(1)) }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('the backend of the doctor', () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    it(`ends with the doctor on ${signal}`, async () => {
      const { doctor, pid } = await startDoctor((url) => `${tellPid(url)} setInterval(() => {}, 1000)`, '20')
      doctor.kill(signal)
      assert.deepEqual(await once(doctor, 'close'), [code, null])
      assert.throws(() => process.kill(pid, 0), /ESRCH/)
    })
  }

  it('ends whole, where what it started ignores SIGTERM and holds its output', async () => {
    const inner = (url: string) =>
      `process.on('SIGTERM', () => {}); ${tellPid(url)} setInterval(() => {}, 1000)`
    const { doctor, pid } = await startDoctor(
      (url) =>
        `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner(url))}], { stdio: 'inherit' }); setInterval(() => {}, 1000)`,
      '3',
    )
    assert.deepEqual(await once(doctor, 'close'), [1, null])
    // Its parent is dead, so the system collects it, in its own time.
    while (exists(pid)) await sleep(100)
  })
})

describe('takesConnections', () => {
  it('waits for no answer that never comes', async () => {
    const script = `const server = require('node:net').createServer().listen(0, '127.0.0.1', 1, () => {
      require('node:fs').writeSync(1, String(server.address().port))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`
    const blocked = spawn(process.execPath, ['-e', script])
    const [port] = await once(blocked.stdout, 'data')
    // Those that nobody accepts fill the queue of the port.
    const waiting = Array.from({ length: 8 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}))
    await once(waiting[0] as (typeof waiting)[0], 'connect')
    assert.equal(await takesConnections(new URL(`http://127.0.0.1:${port}`)), false)
    for (const socket of waiting) socket.destroy()
    blocked.kill('SIGKILL')
  })
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

describe('main', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`prints its address, and ends cleanly on ${signal} with a page still open`, async () => {
      const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
      const viewer = spawn(process.execPath, ['--import', 'tsx', main], {
        env: { ...process.env, PORT: '0', HOST: '127.0.0.1' },
      })
      const [line] = (await once(viewer.stdout, 'data')) as [Buffer]
      const [, url] = /^viewer listening on (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(line.toString()) ?? []
      assert.ok(url, line.toString())
      const events = await fetch(`${url}/api/events`)
      viewer.kill(signal)
      assert.deepEqual(await once(viewer, 'exit'), [0, null])
      await assert.rejects(events.text())
    })
  }
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { collectorBinary } from '../support/cached-tools.js'
import { Collector, configArguments, configurations } from '../support/collector.js'
import { provide } from './provide.js'

const run = promisify(execFile)

/** What the configurations leave to whoever starts them. */
const env = {
  DD_API_KEY: 'none',
  DD_SITE: 'datadoghq.eu',
  GATEWAY_SAMPLERS: '[127.0.0.1:1, 127.0.0.1:2]',
  OTELCOL_FILE: '/dev/null',
  OTELCOL_STORAGE: mkdtempSync(join(tmpdir(), 'rum-llmobs-queue-')),
  OTLP_URL: 'http://127.0.0.1:4318',
  VIEWER_URL: 'http://127.0.0.1:4318',
}

describe('Collector configurations', () => {
  before(function () {
    return provide(this, collectorBinary)
  })
  after(() => rmSync(env.OTELCOL_STORAGE, { recursive: true }))

  it('are all in the list', async () => {
    const files = (await readdir(new URL('../../demo/collector/', import.meta.url))).filter(
      (file) => file.endsWith('.yaml') && file !== 'builder.yaml',
    )
    const listed = configurations.flat().filter((file) => !file.startsWith('yaml:'))
    assert.deepEqual(files.sort(), [...new Set(listed)].sort())
  })

  for (const files of configurations) {
    it(`${files.join(' + ')}: a real Collector finds it valid`, async () => {
      await run(await collectorBinary(), ['validate', ...configArguments(files)], {
        env: { ...process.env, ...env },
      })
    })

    // Validation does not notice, for one, an extension that is defined and not switched on.
    it(`${files.join(' + ')}: a real Collector starts with it`, async () => {
      const collector = await Collector.start(files, env)
      await collector.process.stop()
    })
  }

  it('a Collector refuses one with a component that it does not have', async () => {
    const refused = run(await collectorBinary(), [
      'validate',
      ...configArguments(['local.yaml', 'yaml:service::pipelines::traces::processors: [no_such_processor]']),
    ])
    await assert.rejects(refused, /no_such_processor/)
  })
})

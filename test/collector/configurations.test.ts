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

/** The variables that the configurations read. */
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

  it('are all in `configurations`, and no other files', async () => {
    const files = (await readdir(new URL('../../demo/collector/', import.meta.url))).filter(
      (file) => file.endsWith('.yaml') && file !== 'builder.yaml',
    )
    const listed = configurations.flat().filter((file) => !file.startsWith('yaml:'))
    assert.deepEqual(files.sort(), [...new Set(listed)].sort())
  })

  for (const files of configurations) {
    it(`${files.join(' + ')}: passes \`otelcol validate\``, async () => {
      await run(await collectorBinary(), ['validate', ...configArguments(files)], {
        env: { ...process.env, ...env },
      })
    })

    // `validate` misses mistakes that a start shows, such as an extension that is defined but not enabled.
    it(`${files.join(' + ')}: starts a Collector`, async () => {
      const collector = await Collector.start(files, env)
      await collector.process.stop()
    })
  }

  it('with an unknown component: fail `otelcol validate`', async () => {
    const refused = run(await collectorBinary(), [
      'validate',
      ...configArguments(['local.yaml', 'yaml:service::pipelines::traces::processors: [no_such_processor]']),
    ])
    await assert.rejects(refused, /no_such_processor/)
  })
})

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { collectorBinary } from './cached-tools.js'

const core = 'module: go.opentelemetry.io/collector/receiver/otlpreceiver v0.159.0\n'
const contrib = readFileSync(
  new URL('../../demo/collector/builder.yaml', import.meta.url),
  'utf8',
).replaceAll('gomod:', 'module:')

describe('collectorBinary', () => {
  const { PATH, OTELCOL_BIN } = process.env
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rum-llmobs-path-'))
    process.env.PATH = `${folder}${delimiter}${PATH}`
    delete process.env.OTELCOL_BIN
  })
  afterEach(() => {
    process.env.PATH = PATH
    delete process.env.OTELCOL_BIN
    if (OTELCOL_BIN !== undefined) process.env.OTELCOL_BIN = OTELCOL_BIN
    rmSync(folder, { recursive: true })
  })

  /** Puts a command on PATH that prints these components. */
  function putOnPath(command: string, components: string): string {
    const path = join(folder, command)
    writeFileSync(path, `#!/bin/sh\ncat <<'END'\n${components}\nEND\n`, { mode: 0o755 })
    return path
  }

  it('prefers otelcol-contrib to otelcol', async () => {
    putOnPath('otelcol', contrib)
    const path = putOnPath('otelcol-contrib', contrib)
    assert.equal(await collectorBinary(), path)
  })

  it('skips a Collector on PATH that lacks modules of builder.yaml, such as the core distribution', async () => {
    putOnPath('otelcol-contrib', core)
    const path = putOnPath('otelcol', contrib)
    assert.equal(await collectorBinary(), path)
  })

  it('prefers OTELCOL_BIN to both', async () => {
    putOnPath('otelcol-contrib', contrib)
    process.env.OTELCOL_BIN = '/some/collector'
    assert.equal(await collectorBinary(), '/some/collector')
  })
})

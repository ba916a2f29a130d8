// Publishes the committed packages to a registry on loopback, as the release workflow does. Then installs them from there
// into an empty folder and imports them. Works in a clone, without a commit or a tag.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { LoopbackRegistry } from '../test/support/loopback-registry.js'
import { addressFields, mapRelativeLinks, repositoryName } from './repository.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const LIBRARIES = ['web-propagator', 'node-span-processor']
const PACKAGES = [...LIBRARIES, 'viewer']
const TYPES = `
import { trace } from '@opentelemetry/api'
import { FirstPartyBaggagePropagator, LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'
import { bridgeDdTrace } from '@rum-llmobs/node-span-processor/dd-trace'
import '@rum-llmobs/node-span-processor/register'
import { SessionBaggagePropagator, datadogRumSessionProvider } from '@rum-llmobs/web-propagator'

const propagator = new SessionBaggagePropagator({ sessionProvider: datadogRumSessionProvider() })
new FirstPartyBaggagePropagator({ propagator, allowedHosts: ['api.example.com'] })
new LlmObsSessionSpanProcessor({ spans: 'agent' }).onEnd(trace.getTracer('') as never)
bridgeDdTrace().disable()
// @ts-expect-error: the types are there, so a wrong option is an error.
new SessionBaggagePropagator({ allowedUrl: [] })
// @ts-expect-error
new LlmObsSessionSpanProcessor({ spans: 'none' })
`
const IMPORTS = `
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
for (const name of process.argv.slice(2)) {
  for (const entry of Object.keys(JSON.parse(readFileSync(require.resolve(name + '/package.json'), 'utf8')).exports)) {
    if (entry.endsWith('.json')) continue
    const specifier = name + entry.slice(1)
    const names = (module) => Object.keys(module).filter((key) => !/^(default|module\\.exports|__esModule)$/.test(key)).sort()
    const esm = names(await import(specifier))
    assert.deepEqual(names(require(specifier)), esm, specifier)
    console.log(specifier + ': ' + (esm.join(', ') || 'no names'))
  }
}
process.exit()
`

const work = mkdtempSync(join(tmpdir(), 'rum-llmobs-release-'))
const clone = join(work, 'clone')
const consumer = join(work, 'consumer')
const LERNA = [
  'node_modules/.bin/lerna',
  ['publish', 'from-package', '--yes', '--loglevel', 'error'],
] as const
const run = (command: string, args: readonly string[], cwd: string, env = process.env) =>
  execFileSync(command, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] })
const git = (cwd: string, ...args: string[]) => execFileSync('git', args, { cwd, encoding: 'utf8' }).trim()
const state = (cwd: string) => [git(cwd, 'rev-parse', 'HEAD'), git(cwd, 'tag')]

if (git(ROOT, 'status', '--porcelain')) console.log('The rehearsal ignores uncommitted changes.')
const registry = await LoopbackRegistry.start()
try {
  publish()
  install()
  console.log('2 passed, 0 failed: published to the loopback registry, installed and imported from there')
} finally {
  await registry.stop()
  rmSync(work, { recursive: true, force: true })
}

function publish(): void {
  git(ROOT, 'clone', '--quiet', ROOT, clone)
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'))
  const before = state(clone)
  run('node', ['scripts/build.mjs'], clone)
  const env = { ...registry.npmEnv, NX_DAEMON: 'false' }
  checkProvenance(env)
  run(...LERNA, clone, env)
  assert.deepEqual(state(clone), before, 'a release makes neither a commit nor a tag')
}

/** Provenance needs a CI job with an OIDC token. lerna's error shows that NPM_CONFIG_PROVENANCE reaches it. */
function checkProvenance(env: NodeJS.ProcessEnv): void {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: _, ...rest } = env
  const { status, stderr } = spawnSync(...LERNA, {
    cwd: clone,
    env: { ...rest, NPM_CONFIG_PROVENANCE: 'true' },
    encoding: 'utf8',
  })
  assert.notEqual(status, 0, 'lerna published without provenance')
  assert.match(stderr, /provenance generation/i)
  git(clone, 'checkout', '--quiet', '.')
  console.log('NPM_CONFIG_PROVENANCE reaches lerna')
}

function install(): void {
  mkdirSync(consumer)
  writeFileSync(join(consumer, 'package.json'), '{ "private": true, "type": "module" }')
  const names = LIBRARIES.map((name) => `@rum-llmobs/${name}`)
  run('npm', ['install', ...names, '@rum-llmobs/viewer', '@opentelemetry/api@1'], consumer, registry.npmEnv)
  for (const name of PACKAGES) checkInstalled(name)

  writeFileSync(join(consumer, 'imports.mjs'), IMPORTS)
  run('node', ['imports.mjs', ...names], consumer)
  const printed = execFileSync('npx', ['--no', '--', '@rum-llmobs/viewer', '--version'], {
    cwd: consumer,
    encoding: 'utf8',
  })
  const { version } = JSON.parse(readFileSync(join(ROOT, 'packages/viewer/package.json'), 'utf8'))
  assert.equal(printed.trim(), version)

  writeFileSync(join(consumer, 'esm.mts'), TYPES)
  writeFileSync(join(consumer, 'cjs.cts'), TYPES)
  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ]) {
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: 'es2022',
      module,
      moduleResolution,
      types: [],
    }
    const files = moduleResolution === 'bundler' ? ['esm.mts'] : ['esm.mts', 'cjs.cts']
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', '.'], consumer)
    console.log(`types: ${moduleResolution}`)
  }
}

/** Checks what a package page shows: repository, licence, changelog, and a README without relative links. */
function checkInstalled(name: string): void {
  const folder = join(consumer, 'node_modules/@rum-llmobs', name)
  const { repository, homepage, bugs } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  assert.deepEqual({ repository, homepage, bugs }, addressFields(repositoryName(), `packages/${name}`))
  for (const file of ['LICENSE', 'CHANGELOG.md', 'README.md']) assert.ok(existsSync(join(folder, file)), file)
  mapRelativeLinks(readFileSync(join(folder, 'README.md'), 'utf8'), (target: string) =>
    assert.fail(`the README of ${name} has a relative link to ${target}`),
  )
}

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { composeParser, pythonCommands } from '../support/cached-tools.js'
import { provide } from './provide.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

interface Service {
  image?: string
  build?: { context: string; dockerfile: string; target: string }
  user?: string
  read_only?: boolean
  cap_drop?: string[]
  privileged?: boolean
  security_opt?: string[]
  network_mode?: string
  pull_policy?: string
  healthcheck?: { test: string[] }
  ports?: { host_ip?: string; published?: string }[]
  volumes?: { type: string; source: string; read_only?: boolean }[]
  environment?: Record<string, string>
  profiles?: string[]
  depends_on?: Record<string, { restart?: boolean }>
}

/** Datadog's own image; what it may not have is in the tests that leave it out. */
const AGENT = 'datadog-agent'

const isPinned = (image: string) => /:\d+\.\d+\.\d+$/.test(image)

describe('docker-compose.otel.yml', () => {
  let services: [name: string, service: Service][] = []
  const names = () => services.map(([name]) => name)
  const ours = () => services.filter(([name]) => name !== AGENT)

  before(async function () {
    await provide(this, composeParser)
    const file = join(root, 'docker-compose.otel.yml')
    const { stdout } = await run(await composeParser(), ['-format', 'json', file], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    })
    services = Object.entries((JSON.parse(stdout) as { services: Record<string, Service> }).services)
  })

  it('has the parts of the demo, and the Agent in the profile datadog alone', () => {
    const always = services.filter(([, { profiles }]) => !profiles).map(([name]) => name)
    for (const name of ['server', 'server-dd-trace', 'collector', 'viewer'])
      assert.ok(always.includes(name), name)
    assert.ok(names().includes(AGENT) && !always.includes(AGENT))
  })

  it('publishes ports on loopback only, each once', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? [])
    assert.ok(ports.length > 0)
    for (const { host_ip } of ports) assert.equal(host_ip, '127.0.0.1')
    assert.equal(new Set(ports.map(({ published }) => published)).size, ports.length)
  })

  it('runs nothing of ours as root, with a file system to write to, or with a capability', () => {
    for (const [name, service] of ours()) {
      assert.match(service.user ?? 'root', /^[1-9]\d*$/, name)
      assert.equal(service.read_only, true, name)
      assert.deepEqual(service.cap_drop, ['ALL'], name)
    }
  })

  it('lets nobody gain privileges, or see the host', () => {
    for (const [name, service] of services) {
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name)
      assert.ok(!service.privileged && service.network_mode !== 'host', name)
      for (const volume of service.volumes ?? []) assert.equal(volume.read_only, true, name)
    }
  })

  it('checks the health of every service, a Collector’s from another container', () => {
    for (const [name, { healthcheck }] of services) {
      const asksFor = ({ environment }: Service) => environment?.HEALTH_URL?.startsWith(`http://${name}:`)
      const checked = healthcheck ?? services.find(([, service]) => asksFor(service))?.[1].healthcheck
      assert.ok(checked?.test.length, name)
    }
  })

  it('restarts with its neighbour what shares its network', () => {
    for (const [name, { network_mode, depends_on = {} }] of services) {
      const neighbour = /^service:(.+)$/.exec(network_mode ?? '')?.[1]
      if (neighbour) assert.equal(depends_on[neighbour]?.restart, true, name)
    }
  })

  it('builds each image of its own in exactly one service that is always there, and pulls none of them', () => {
    for (const image of new Set(ours().flatMap(([, service]) => service.image ?? []))) {
      if (isPinned(image)) continue
      const users = services.filter(([, service]) => service.image === image)
      const [builder, ...others] = users.filter(([, { build }]) => build)
      assert.equal(others.length, 0, image)
      assert.deepEqual([builder?.[1].pull_policy, builder?.[1].profiles], ['build', undefined], image)
      for (const [name, { build, pull_policy }] of users) {
        if (!build) assert.equal(pull_policy, 'never', name)
      }
    }
  })

  it('pins every image that is not built here', () => {
    const built = services.flatMap(([, { image, build }]) => (build ? image : []))
    for (const [name, { image = '' }] of services) {
      assert.ok(built.includes(image) || isPinned(image), name)
    }
  })

  it('lets no Collector write a file that nothing shortens', () => {
    const collector = services.find(([name]) => name === 'collector')?.[1]
    assert.equal(collector?.environment?.OTELCOL_FILE, '/dev/null')
  })

  it('runs the Collector version that the tests run', () => {
    const version = /version: (\S+)/.exec(
      readFileSync(join(root, 'demo/collector/builder.yaml'), 'utf8'),
    )?.[1]
    const collector = services.find(([name]) => name === 'collector')?.[1]
    assert.equal(collector?.image, `otel/opentelemetry-collector-contrib:${version}`)
  })

  it('builds targets that the Dockerfile has, and depends on services that exist', () => {
    for (const [name, { build, depends_on = {} }] of services) {
      if (build) {
        const dockerfile = readFileSync(join(root, build.dockerfile), 'utf8')
        assert.match(dockerfile, new RegExp(`^FROM .* AS ${build.target}$`, 'm'), name)
      }
      for (const other of Object.keys(depends_on)) assert.ok(names().includes(other), `${name} → ${other}`)
    }
  })

  it('has no key in it', () => {
    for (const [name, { environment = {} }] of services) {
      for (const [key, value] of Object.entries(environment)) {
        // A message of assert's own would print what it found.
        if (/KEY|TOKEN/.test(key)) assert.ok(value === '', `${name}: ${key} has a value`)
      }
    }
  })
})

describe('demo/Dockerfile', () => {
  const dockerfile = join(root, 'demo/Dockerfile')

  it('has nothing that hadolint would change', async function () {
    await provide(this, pythonCommands)
    await run(join(await pythonCommands(), 'hadolint'), ['--failure-threshold', 'style', dockerfile])
  })

  it('copies from the repository what is there', () => {
    const copied = [...readFileSync(dockerfile, 'utf8').matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
    const sources = copied.flatMap(([, files = '']) => files.split(' '))
    assert.ok(sources.length > 5)
    for (const source of sources) assert.ok(existsSync(join(root, source)), source)
  })
})

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

/** The service with Datadog's image, which runs as root and writes files. */
const AGENT = 'datadog-agent'

const isPinned = (image: string) => /:\d+\.\d+\.\d+$/.test(image)

describe('docker-compose.otel.yml', () => {
  let services: [name: string, service: Service][] = []
  const names = () => services.map(([name]) => name)
  const withoutAgent = () => services.filter(([name]) => name !== AGENT)

  before(async function () {
    await provide(this, composeParser)
    const file = join(root, 'docker-compose.otel.yml')
    const { stdout } = await run(await composeParser(), ['-format', 'json', file], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    })
    services = Object.entries((JSON.parse(stdout) as { services: Record<string, Service> }).services)
  })

  it('has the services of the demo, and the Datadog Agent in a profile', () => {
    const always = services.filter(([, { profiles }]) => !profiles).map(([name]) => name)
    for (const name of ['server', 'server-dd-trace', 'collector', 'viewer'])
      assert.ok(always.includes(name), name)
    assert.ok(names().includes(AGENT) && !always.includes(AGENT))
  })

  it('publishes each port once, on loopback', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? [])
    assert.ok(ports.length > 0)
    for (const { host_ip } of ports) assert.equal(host_ip, '127.0.0.1')
    assert.equal(new Set(ports.map(({ published }) => published)).size, ports.length)
  })

  it('runs every service except the Datadog Agent as non-root, read-only and without capabilities', () => {
    for (const [name, service] of withoutAgent()) {
      assert.match(service.user ?? 'root', /^[1-9]\d*$/, name)
      assert.equal(service.read_only, true, name)
      assert.deepEqual(service.cap_drop, ['ALL'], name)
    }
  })

  it('gives no service new privileges, the network of the host, or a volume to write to', () => {
    for (const [name, service] of services) {
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name)
      assert.ok(!service.privileged && service.network_mode !== 'host', name)
      for (const volume of service.volumes ?? []) assert.equal(volume.read_only, true, name)
    }
  })

  it('checks the health of every service, in its container or from another one', () => {
    for (const [name, { healthcheck }] of services) {
      const probes = ({ environment }: Service) => environment?.HEALTH_URL?.startsWith(`http://${name}:`)
      const checked = healthcheck ?? services.find(([, service]) => probes(service))?.[1].healthcheck
      assert.ok(checked?.test.length, name)
    }
  })

  it('restarts a service together with the service whose network it uses', () => {
    for (const [name, { network_mode, depends_on = {} }] of services) {
      const owner = /^service:(.+)$/.exec(network_mode ?? '')?.[1]
      if (owner) assert.equal(depends_on[owner]?.restart, true, name)
    }
  })

  it('builds each image of the demo in one service without a profile, and pulls none of them', () => {
    for (const image of new Set(withoutAgent().flatMap(([, service]) => service.image ?? []))) {
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

  it('pins the version of every other image', () => {
    const built = services.flatMap(([, { image, build }]) => (build ? image : []))
    for (const [name, { image = '' }] of services) {
      assert.ok(built.includes(image) || isPinned(image), name)
    }
  })

  it('turns off the file exporter of the Collector, whose file would grow without limit', () => {
    const collector = services.find(([name]) => name === 'collector')?.[1]
    assert.equal(collector?.environment?.OTELCOL_FILE, '/dev/null')
  })

  it('runs the Collector version of builder.yaml', () => {
    const version = /version: (\S+)/.exec(
      readFileSync(join(root, 'demo/collector/builder.yaml'), 'utf8'),
    )?.[1]
    const collector = services.find(([name]) => name === 'collector')?.[1]
    assert.equal(collector?.image, `otel/opentelemetry-collector-contrib:${version}`)
  })

  it('builds targets of the Dockerfile, and depends on services that exist', () => {
    for (const [name, { build, depends_on = {} }] of services) {
      if (build) {
        const dockerfile = readFileSync(join(root, build.dockerfile), 'utf8')
        assert.match(dockerfile, new RegExp(`^FROM .* AS ${build.target}$`, 'm'), name)
      }
      for (const other of Object.keys(depends_on)) assert.ok(names().includes(other), `${name} → ${other}`)
    }
  })

  it('holds no key and no token', () => {
    for (const [name, { environment = {} }] of services) {
      for (const [key, value] of Object.entries(environment)) {
        // assert.equal would print the value.
        if (/KEY|TOKEN/.test(key)) assert.ok(value === '', `${name}: ${key} has a value`)
      }
    }
  })
})

describe('demo/Dockerfile', () => {
  const dockerfile = join(root, 'demo/Dockerfile')

  it('passes hadolint', async function () {
    await provide(this, pythonCommands)
    await run(join(await pythonCommands(), 'hadolint'), ['--failure-threshold', 'style', dockerfile])
  })

  it('copies only files that exist', () => {
    const copied = [...readFileSync(dockerfile, 'utf8').matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
    const sources = copied.flatMap(([, files = '']) => files.split(' '))
    assert.ok(sources.length > 5)
    for (const source of sources) assert.ok(existsSync(join(root, source)), source)
  })
})

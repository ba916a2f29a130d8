import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const WITH = 'session.id=rum,tenant=acme'
const WITHOUT = 'tenant=acme'

/** In a process of its own: grpc-js reads the environment, and the instrumentation patches it for good. */
async function sentTo(
  targets: string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Record<string, string>> {
  const fixture = fileURLToPath(new URL('./fixtures/grpc-requests.ts', import.meta.url))
  const env = { ...process.env, grpc_proxy: '', https_proxy: '', http_proxy: '', ...environment }
  const args = ['--import', 'tsx', fixture, ...targets]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env })
  return JSON.parse(stdout)
}

describe('FirstPartyBaggagePropagator under instrumentation-grpc', () => {
  const yours = [
    'localhost:50051',
    'chat:50051',
    'dns:///chat.default.svc:50051',
    'dns://8.8.8.8/chat.internal:443',
  ]
  const foreign = [
    ...['api.openai.com:443', 'dns:///api.openai.com:443', 'my_api.openai.com:443', '8.8.8.8:443'],
    // The span shows part of these: `5D`, `10.0.0.1`, `dns`, `ipv4`, `e`. So it says nothing about an address.
    ...['ipv4:8.8.8.8:443,127.0.0.1:443', '127.0.0.1:50051', 'ipv4:127.0.0.1:50051'],
    ...['ipv6:%5B2001:db8::1%5D:443', 'ipv6:%5b2001:db8::1%5d:443', 'ipv4:8.8.8.8:443,10.0.0.1:443'],
    ...['ipv4:8.8.8.8:443,192.168.0.1:443', '8.8.8.8', 'ipv4:8.8.8.8', 'ipv6:2001:db8:a:b:c:d:e:1'],
    // It shows no host of these.
    ...['ipv6:[2001:db8::1]:443', 'ipv6:[::1]:50051,[2001:db8::1]:443', 'dns:///api.openai.com'],
  ]
  let sent: Record<string, string>
  before(async () => {
    sent = await sentTo([...yours, ...foreign])
  })
  for (const target of yours) {
    it(`keeps the session for ${target}`, () => assert.equal(sent[target], WITH))
  }
  for (const target of foreign) {
    it(`removes the session for ${target}`, () => assert.equal(sent[target], WITHOUT))
  }

  it('removes the session behind a private proxy, whose address every span then shows', async () => {
    for (const name of ['grpc_proxy', 'https_proxy', 'http_proxy']) {
      const proxied = await sentTo(['api.openai.com:443'], { [name]: 'http://user:pw@squid.internal:3128' })
      assert.equal(proxied['api.openai.com:443'], WITHOUT)
    }
  })
  it('keeps the session of a host of yours that no_proxy names', async () => {
    const environment = { http_proxy: 'http://squid.internal:3128', no_proxy: 'chat' }
    assert.deepEqual(await sentTo(['chat:50051'], environment), { 'chat:50051': WITH })
  })
}).timeout(60_000)

import assert from 'node:assert/strict'
import { runFixture } from './run-fixture.js'

const WITH = 'session.id=rum,tenant=acme'
const WITHOUT = 'tenant=acme'

/** Returns the baggage that is sent to each target. grpc-js reads the proxy from the environment. */
const sentTo = (targets: string[], env: NodeJS.ProcessEnv = {}) =>
  runFixture<Record<string, string>>('grpc-requests', targets, {
    ...{ grpc_proxy: '', https_proxy: '', http_proxy: '' },
    ...env,
  })

describe('FirstPartyBaggagePropagator under instrumentation-grpc', () => {
  const firstParty = [
    'localhost:50051',
    'chat:50051',
    'dns:///chat.default.svc:50051',
    'dns://8.8.8.8/chat.internal:443',
  ]
  const thirdParty = [
    ...['api.openai.com:443', 'dns:///api.openai.com:443', 'my_api.openai.com:443', '8.8.8.8:443'],
    // The span shows only a part: `5D`, `10.0.0.1`, `dns`, `ipv4`, `e`. So any address in it counts as unknown.
    ...['ipv4:8.8.8.8:443,127.0.0.1:443', '127.0.0.1:50051', 'ipv4:127.0.0.1:50051'],
    ...['ipv6:%5B2001:db8::1%5D:443', 'ipv6:%5b2001:db8::1%5d:443', 'ipv4:8.8.8.8:443,10.0.0.1:443'],
    ...['ipv4:8.8.8.8:443,192.168.0.1:443', '8.8.8.8', 'ipv4:8.8.8.8', 'ipv6:2001:db8:a:b:c:d:e:1'],
    // The span shows no host.
    ...['ipv6:[2001:db8::1]:443', 'ipv6:[::1]:50051,[2001:db8::1]:443', 'dns:///api.openai.com'],
  ]
  let sent: Record<string, string>
  before(async () => {
    sent = await sentTo([...firstParty, ...thirdParty])
  })
  for (const target of firstParty) {
    it(`keeps the session for ${target}`, () => assert.equal(sent[target], WITH))
  }
  for (const target of thirdParty) {
    it(`removes the session for ${target}`, () => assert.equal(sent[target], WITHOUT))
  }

  it('removes the session behind a private proxy, which every span shows as the target', async () => {
    for (const name of ['grpc_proxy', 'https_proxy', 'http_proxy']) {
      const proxied = await sentTo(['api.openai.com:443'], { [name]: 'http://user:pw@squid.internal:3128' })
      assert.equal(proxied['api.openai.com:443'], WITHOUT)
    }
  })
  it('keeps the session for a first-party host in no_proxy', async () => {
    const environment = { http_proxy: 'http://squid.internal:3128', no_proxy: 'chat' }
    assert.deepEqual(await sentTo(['chat:50051'], environment), { 'chat:50051': WITH })
  })
}).timeout(60_000)

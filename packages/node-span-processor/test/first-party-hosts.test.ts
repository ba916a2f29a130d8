import assert from 'node:assert/strict'
import { hostMatcher, hostOf, hostRule, isPrivateHost } from '../src/first-party-hosts.js'

describe('hostOf', () => {
  const cases: [string, string | undefined][] = [
    ['api.example.com', 'api.example.com'],
    ['API.Example.COM', 'api.example.com'],
    ['api.example.com:8443', 'api.example.com'],
    ['user:secret@api.example.com:8443', 'api.example.com'],
    ['10.0.0.1@api.example.com', 'api.example.com'],
    ['localhost.', 'localhost.'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['my_service.internal', 'my_service.internal'],
    ['127.1', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['127.0.0.1.', '127.0.0.1'],
    ['134744072', '8.8.8.8'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['[::1]:8080', '::1'],
    ['FE80::1%eth0', 'fe80::1'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1'],
    ['[fe80::1%25eth0]:8080', 'fe80::1'],
    ['[::FFFF:127.0.0.1]', '::ffff:7f00:1'],
    ['', undefined],
    ['squid.internal:', undefined],
    ['squid.internal:3128http:', undefined],
    ['https://api.example.com', undefined],
    ['api.example.com/.local', undefined],
    ['api.example.com?.local', undefined],
    ['api.example.com#.local', undefined],
    ['api.example.com\\.local', undefined],
    ['api.example.com\t.local', undefined],
    ['api.example.com%00.local', undefined],
    ['/var/run/app.sock', undefined],
    ['256.1.1.1', undefined],
    ['api.example.com:99999', undefined],
  ]
  for (const [authority, host] of cases) {
    it(`reads ${JSON.stringify(authority)} as ${host ?? 'nothing'}`, () =>
      assert.equal(hostOf(authority), host))
  }

  it('takes linear time for 1 MB', () => {
    for (const piece of ['%', '[', '[%', ':', '.', '@']) hostOf(piece.repeat(1_000_000 / piece.length))
  }).timeout(2_000)
})

describe('isPrivateHost', () => {
  const privateHosts = [
    ...['127.0.0.1', '127.255.255.254', '10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255'],
    ...['192.168.0.1', '169.254.169.254', '::1', 'fc00::1', 'fdff::1', 'fe80::1', 'febf::1', 'fe80::1'],
    ...['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:a00:1'],
    ...['localhost', 'api', 'localhost.', 'app.localhost', 'printer.local', 'metadata.google.internal'],
    ...['api.internal.', 'chat.default.svc', 'chat.default.svc.cluster.local'],
  ]
  for (const host of privateHosts) {
    it(`returns true for ${host}`, () => assert.equal(isPrivateHost(host), true))
  }

  const publicHosts = [
    ...[
      '8.8.8.8',
      '126.255.255.255',
      '128.0.0.1',
      '11.0.0.1',
      '172.15.255.255',
      '172.32.0.1',
      '192.167.255.255',
    ],
    ...[
      '192.169.0.1',
      '169.253.255.255',
      '100.64.0.1',
      '0.0.0.0',
      '2001:db8::1',
      '::',
      '::2',
      'fec0::1',
      'fbff::1',
    ],
    ...['::ffff:8.8.8.8', '64:ff9b::a00:1'],
    ...['api.openai.com', 'example.com', 'localhost.example.com', 'internal.example.com', 'api.notlocal'],
    ...['10.0.0.1.example.com', 'ai.', 'example.svc.com'],
  ]
  for (const host of publicHosts) {
    it(`returns false for ${host}`, () => assert.equal(isPrivateHost(host), false))
  }
})

describe('hostMatcher', () => {
  const matching: [string | RegExp, string][] = [
    ['api.example.com', 'api.example.com'],
    ['API.example.com.', 'api.example.com'],
    ['api.example.com', 'api.example.com.'],
    ['*.example.com', 'api.example.com'],
    ['*.example.com', 'eu.api.example.com'],
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['bücher.example', 'xn--bcher-kva.example'],
    [/^api-\d+\.example\.com$/, 'api-7.example.com'],
    [/^api\.example\.com$/, 'api.example.com.'],
    [/api\.example\.com$/y, 'api.example.com'],
    [/example\.com$/g, 'api.example.com'],
    [Object.freeze(/example\.com$/g), 'api.example.com'],
  ]
  for (const [entry, host] of matching) {
    it(`matches ${host} with ${entry}`, () => assert.equal(hostMatcher([entry])(host), true))
  }

  const different: [string | RegExp, string][] = [
    ['api.example.com', 'example.com'],
    ['api.example.com', 'x.api.example.com'],
    ['api.example.com', 'api.example.com.evil.test'],
    ['*.example.com', 'example.com'],
    ['*.example.com', 'notexample.com'],
    [/^api\.example\.com$/, 'www.example.com'],
    [/api\.example\.com$/y, 'evil-api.example.com'],
  ]
  for (const [entry, host] of different) {
    it(`does not match ${host} with ${entry}`, () => assert.equal(hostMatcher([entry])(host), false))
  }

  it('carries no state with the flags g and y of a RegExp', () => {
    for (const pattern of [/example/g, /example/y, /EXAMPLE/giy]) {
      const matches = hostMatcher([pattern])
      assert.deepEqual(
        [matches('example.com'), matches('example.com'), matches('example.com')],
        [true, true, true],
      )
      assert.equal(pattern.lastIndex, 0)
    }
  })

  const invalid: [string, unknown][] = [
    ['a string instead of an array', 'api.example.com'],
    ['a URL', ['https://api.example.com']],
    ['a host with a path', ['api.example.com/v1']],
    ['a path', ['/v1']],
    ['a host with a port', ['api.example.com:8080']],
    ['a host with its default port', ['api.example.com:80']],
    ['a user', ['user@api.example.com']],
    ['an empty string', ['']],
    ['a lone wildcard', ['*']],
    ['a wildcard without a domain', ['*.']],
    ['a wildcard inside', ['api.*.example.com']],
    ['a wildcard before an address', ['*.10.0.0.1']],
    ['white space', ['api.example.com ']],
    ['a leading dot', ['.example.com']],
    ['an empty label', ['*..example.com']],
    ['a number', [7]],
    ['null', [null]],
    ['an invalid second entry', ['api.example.com', '']],
  ]
  for (const [what, allowedHosts] of invalid) {
    it(`names the option for ${what}`, () => {
      assert.throws(() => hostMatcher(allowedHosts), { name: 'TypeError', message: /allowedHosts/ })
    })
  }

  it('names the invalid entry', () => {
    assert.throws(() => hostMatcher(['api.example.com', 'x y']), /allowedHosts\[1\]/)
  })
})

describe('hostRule', () => {
  const rule = hostRule(['*.example.com'])
  const cases: [string, boolean][] = [
    ['chat.internal:8080', true],
    ['user:secret@api.example.com', true],
    ['::1', true],
    ['api.openai.com', false],
    ['localhost/v1', false],
    ['', false],
  ]
  for (const [authority, isFirstParty] of cases) {
    it(`returns ${isFirstParty} for "${authority}", at the second call too`, () => {
      assert.deepEqual([rule(authority), rule(authority)], [isFirstParty, isFirstParty])
    })
  }

  it('returns the same result after a thousand other hosts', () => {
    for (let index = 0; index < 1_000; index++) assert.equal(rule(`${index}.example.org`), false)
    assert.equal(rule('chat.internal:8080'), true)
  })
})

import assert from 'node:assert/strict'
import { ownHostRule } from '../src/own-host-rule.js'

const VARIABLE = 'RUM_LLMOBS_ALLOWED_HOSTS'

function withHosts<Result>(hosts: string | undefined, run: () => Result): Result {
  const before = process.env[VARIABLE]
  if (hosts === undefined) delete process.env[VARIABLE]
  else process.env[VARIABLE] = hosts
  try {
    return run()
  } finally {
    if (before === undefined) delete process.env[VARIABLE]
    else process.env[VARIABLE] = before
  }
}

describe('ownHostRule', () => {
  it('accepts private hosts and those of RUM_LLMOBS_ALLOWED_HOSTS', () => {
    const isOwn = withHosts(' api.example.com ,*.example.org,,', ownHostRule)
    for (const host of ['127.0.0.1', '[::1]:80', 'api.example.com:443', 'eu.example.org', 'db']) {
      assert.ok(isOwn(host), host)
    }
    for (const host of ['example.org', 'www.example.com', 'api.openai.com', '']) {
      assert.ok(!isOwn(host), host)
    }
  })

  it('accepts private hosts alone without the variable', () => {
    for (const hosts of [undefined, '']) {
      const isOwn = withHosts(hosts, ownHostRule)
      assert.deepEqual([isOwn('localhost'), isOwn('api.example.com')], [true, false])
    }
  })

  it('throws a TypeError that names the variable and the entry', () => {
    for (const entry of ['https://api.example.com', 'api.example.com/v1', '*', '*.10.0.0.1', 'a..b']) {
      assert.throws(
        () => withHosts(`api.example.com,${entry}`, ownHostRule),
        (error: Error) =>
          error instanceof TypeError &&
          error.message.startsWith(`${VARIABLE} must be hosts`) &&
          error.message.endsWith(`'${entry}' is neither`),
      )
    }
  })
})

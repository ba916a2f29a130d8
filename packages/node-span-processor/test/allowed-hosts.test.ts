import assert from 'node:assert/strict'
import { allowedHosts } from '../src/allowed-hosts.js'

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

describe('allowedHosts', () => {
  it('reads the entries of RUM_LLMOBS_ALLOWED_HOSTS', () => {
    for (const [hosts, expected] of [
      [' api.example.com ,*.example.org,,', ['api.example.com', '*.example.org']],
      ['[2001:db8::1],8.8.8.8', ['[2001:db8::1]', '8.8.8.8']],
      ['', []],
      [undefined, []],
    ] as const) {
      assert.deepEqual(withHosts(hosts, allowedHosts), expected)
    }
  })

  it('throws a TypeError that names the variable and the invalid entry', () => {
    for (const entry of ['https://api.example.com', 'api.example.com/v1', '*', '*.10.0.0.1', 'a..b']) {
      assert.throws(
        () => withHosts(`api.example.com,${entry}`, allowedHosts),
        (error: Error) =>
          error instanceof TypeError &&
          error.message.startsWith(`${VARIABLE} must be hosts`) &&
          error.message.endsWith(`'${entry}' is neither`),
      )
    }
  })
})

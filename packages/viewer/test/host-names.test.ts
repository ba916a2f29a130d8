import assert from 'node:assert/strict'
import { isLocalHost } from '../src/host-names.js'

describe('isLocalHost', () => {
  for (const host of [
    '127.0.0.1:4318',
    '[::1]:4318',
    'localhost',
    'LOCALHOST:80',
    'viewer:8080',
    'app.localhost',
    'host.docker.internal:4318',
    '192.168.1.7',
    undefined,
  ]) {
    it(`takes ${host}`, () => assert.equal(isLocalHost(host), true))
  }

  for (const host of [
    'evil.example',
    'evil.example:4318',
    '127.0.0.1.evil.example',
    'a@b',
    '127.0.0.1/x',
    '',
    'x y',
  ]) {
    it(`refuses ${JSON.stringify(host)}`, () => assert.equal(isLocalHost(host), false))
  }

  it('takes the name that the server was given', () => {
    assert.equal(isLocalHost('dev.example.com:4318', ['dev.example.com']), true)
  })
})

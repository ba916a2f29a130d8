import assert from 'node:assert/strict'
import { isLocalHost, isLocalOrigin, isLoopback } from '../src/host-names.js'

describe('isLocalHost', () => {
  for (const host of [
    '127.0.0.1:4318',
    '[::1]:4318',
    'localhost',
    'LOCALHOST:80',
    'viewer:8080',
    'app.localhost',
    'host.docker.internal:4318',
    'mymac.local:4318',
    'viewer.team.svc.cluster.local',
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
    'mymac.local.evil.example',
    'mylocal.example',
  ]) {
    it(`refuses ${JSON.stringify(host)}`, () => assert.equal(isLocalHost(host), false))
  }

  it('takes the name that the server was given', () => {
    assert.equal(isLocalHost('dev.example.com:4318', ['dev.example.com']), true)
    assert.equal(isLocalHost('dev.example.com:4318', ['Dev.Example.com']), true)
  })
})

describe('isLocalOrigin', () => {
  for (const origin of [
    'http://localhost:5173',
    'https://shop.localhost',
    'http://127.0.0.1:8080',
    'http://[::1]:8080',
    'http://192.168.1.7',
    'http://172.31.0.2',
    'http://[fd00::1]',
    'http://mymac.local',
    'http://server:8080',
  ]) {
    it(`takes ${origin}`, () => assert.equal(isLocalOrigin(origin), true))
  }

  for (const origin of [
    'https://evil.example',
    'http://localhost.evil.example',
    'http://203.0.113.9',
    'http://172.32.0.2',
    'http://[2001:db8::1]',
    'chrome-extension://abcdefgh',
    'file://',
    'null',
    '',
  ]) {
    it(`refuses ${JSON.stringify(origin)}`, () => assert.equal(isLocalOrigin(origin), false))
  }

  it('takes the name that the server was given', () => {
    assert.equal(isLocalOrigin('https://dev.example.com', ['Dev.example.com']), true)
  })
})

describe('isLoopback', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost', 'LocalHost', 'a.localhost']) {
    it(`takes ${host}`, () => assert.equal(isLoopback(host), true))
  }
  for (const host of ['0.0.0.0', '::', '192.168.1.7', 'mymac.local', 'notlocalhost', '']) {
    it(`refuses ${JSON.stringify(host)}`, () => assert.equal(isLoopback(host), false))
  }
})

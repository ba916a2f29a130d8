import assert from 'node:assert/strict'
import { parseCommand, UsageError } from '../src/command-line.js'

const URL_OPTION = ['doctor', '--url', 'http://localhost:3000/api/chat']

describe('parseCommand', () => {
  it('serves on 127.0.0.1:4318 by default, and where PORT and the options say', () => {
    const serve = (args: string[], env = {}) => {
      const command = parseCommand(args, env)
      return command.name === 'serve' && [command.port, command.host]
    }
    assert.deepEqual(serve([]), [4318, '127.0.0.1'])
    assert.deepEqual(serve([], { PORT: '0', HOST: '0.0.0.0' }), [0, '127.0.0.1'])
    assert.deepEqual(serve(['--port', '80', '--host=0.0.0.0'], { PORT: '1' }), [80, '0.0.0.0'])
  })

  it('takes what stands after -- as the command of the backend, options and all', () => {
    const command = parseCommand([...URL_OPTION, '--', 'node', '--import', './a.mjs', '--', 'b'], {})
    assert.deepEqual(command.name === 'doctor' && command.command, ['node', '--import', './a.mjs', '--', 'b'])
  })

  it('leaves PORT to the backend that the doctor asks', () => {
    const port = (...args: string[]) => {
      const command = parseCommand([...URL_OPTION, ...args], { PORT: '3000' })
      return command.name === 'doctor' && command.port
    }
    assert.equal(port(), undefined)
    assert.equal(port('--', 'node', 'app.js'), undefined)
    assert.equal(port('--port', '4000'), 4000)
  })

  it('takes the port of --url in another place where telemetry has a free one', () => {
    const url = 'http://localhost:4318/api/chat'
    assert.equal(parseCommand(['doctor', '--url', url, '--', 'node', 'app.js'], {}).name, 'doctor')
  })

  it('takes the origin of --url where the page has no other', () => {
    const command = parseCommand([...URL_OPTION, '--header', 'Authorization: Bearer a:b'], {})
    assert.ok(command.name === 'doctor')
    assert.equal(command.origin, 'http://localhost:3000')
    assert.deepEqual(command.headers, [['authorization', 'Bearer a:b']])
  })

  for (const args of [['--help'], ['-h'], ['doctor', '--help'], ['--port', '1', '--help']]) {
    it(`helps for ${args.join(' ')}`, () => assert.deepEqual(parseCommand(args, {}), { name: 'help' }))
  }

  for (const [args, message] of [
    [['--prot', '1'], '--prot is not an option: use --port, --host, --help, --version'],
    [['--port', 'x'], 'the port must be a number from 0 to 65535: x'],
    [['--port', '65536'], 'the port must be a number from 0 to 65535: 65536'],
    [['serve'], 'serve is not a command: use doctor, or none'],
    [['doctor'], '--url is missing: name the agent endpoint'],
    [['doctor', '--url', 'localhost:3000'], '--url must be an http or https URL: localhost:3000'],
    [
      ['doctor', '--url', 'http://localhost:4318/api/chat'],
      '--url has port 4318, where telemetry comes in: name another with --port',
    ],
    [
      ['doctor', '--url', 'http://localhost/api/chat', '--port', '80'],
      '--url has port 80, where telemetry comes in: name another with --port',
    ],
    [
      [...URL_OPTION, '--port', '3000', '--', 'node', 'app.js'],
      '--url has port 3000, where telemetry comes in: name another with --port',
    ],
    [[...URL_OPTION, '--origin', 'x'], '--origin must be an http or https URL: x'],
    [[...URL_OPTION, '--header', 'x'], '--header must be NAME:VALUE: x'],
    [[...URL_OPTION, '--timeout', 'soon'], '--timeout must be a number of seconds above 0: soon'],
    [[...URL_OPTION, '--timeout', '0'], '--timeout must be a number of seconds above 0: 0'],
    [
      [...URL_OPTION, 'node', 'app.js'],
      'node is not an option: put -- before the command that starts the backend',
    ],
  ] as const) {
    it(`refuses ${args.join(' ')}`, () => {
      assert.throws(
        () => parseCommand(args, {}),
        (error) => error instanceof UsageError && error.message === message,
      )
    })
  }

  it('refuses an option without its value, in one line', () => {
    assert.throws(
      () => parseCommand(['--port'], {}),
      (error) => error instanceof UsageError && !error.message.includes('\n'),
    )
  })
})

import assert from 'node:assert/strict'
import { parseCommand, UsageError } from '../src/command-line.js'

const URL_OPTION = ['doctor', '--url', 'http://localhost:3000/api/chat']

describe('parseCommand', () => {
  it('serves on 127.0.0.1:4318 by default, and where PORT, HOST and the options say', () => {
    const serve = (args: string[], env = {}) => {
      const command = parseCommand(args, env)
      return command.name === 'serve' && [command.port, command.host]
    }
    assert.deepEqual(serve([]), [4318, '127.0.0.1'])
    assert.deepEqual(serve([], { PORT: '0', HOST: '::1' }), [0, '::1'])
    assert.deepEqual(serve(['--port', '80', '--host=0.0.0.0'], { PORT: '1' }), [80, '0.0.0.0'])
  })

  it('takes what stands after -- as the command of the backend, options and all', () => {
    const command = parseCommand([...URL_OPTION, '--', 'node', '--import', './a.mjs', '--', 'b'], {})
    assert.deepEqual(command.name === 'doctor' && command.command, ['node', '--import', './a.mjs', '--', 'b'])
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
    [[...URL_OPTION, '--origin', 'x'], '--origin must be an http or https URL: x'],
    [[...URL_OPTION, '--header', 'x'], '--header must be NAME:VALUE: x'],
    [[...URL_OPTION, '--timeout', 'soon'], '--timeout must be a number of seconds: soon'],
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

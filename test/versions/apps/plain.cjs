// A service that calls bridgeDdTrace() without dd-trace. Responds with what was logged.
const http = require('node:http')
const { diag, DiagLogLevel } = require('@opentelemetry/api')

const { bridgeDdTrace } = require('@rum-llmobs/node-span-processor/dd-trace')

const said = []
const log = (...parts) => said.push(parts.join(' '))
diag.setLogger({ debug: log, error: log, info: log, verbose: log, warn: log }, { logLevel: DiagLogLevel.ALL })
said.length = 0
bridgeDdTrace()

const server = http
  .createServer((_req, res) => res.end(JSON.stringify({ ddTrace: '_ddtrace' in globalThis, said })))
  .listen(0, '127.0.0.1', () => process.send({ port: server.address().port, node: process.version }))
process.on('disconnect', () => process.exit())

/**
 * The cost of `--import …/register` at start, per span and per request, compared with the same app without the flag.
 * Each figure is the best of seven processes. Processes with and without the flag take turns.
 *
 * ```sh
 * npx tsx bench/register.ts
 * ```
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROUNDS = 7
const REGISTER = fileURLToPath(
  new URL('../packages/node-span-processor/dist/esm/register.js', import.meta.url),
)

const APP = `
const { context, propagation, ROOT_CONTEXT, trace } = require('@opentelemetry/api')
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
const http = require('node:http')
const started = process.uptime() * 1000
new NodeTracerProvider().register()
const tracer = trace.getTracer('bench')
const parent = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ 'session.id': { value: 'rum-1' } }))
function nanoseconds(attributes) {
  let best = Infinity
  for (let round = 0; round < 40; round++) {
    const began = process.hrtime.bigint()
    for (let i = 0; i < 5000; i++) tracer.startSpan('work', { attributes }, parent).end()
    best = Math.min(best, Number(process.hrtime.bigint() - began) / 5000)
  }
  return best
}
async function microseconds() {
  const server = http.createServer((request, response) => tracer.startActiveSpan('GET', (span) => {
    response.end()
    span.end()
  }))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const get = () => new Promise((resolve) => {
    const options = { port: server.address().port, host: '127.0.0.1', agent, headers: { baggage: 'session.id=rum-1' } }
    http.get(options, (response) => response.resume().once('end', resolve))
  })
  const took = []
  for (let i = 0; i < 4000; i++) {
    const began = process.hrtime.bigint()
    await get()
    took.push(Number(process.hrtime.bigint() - began) / 1000)
  }
  agent.destroy()
  server.close()
  return took.sort((a, b) => a - b)[took.length / 2]
}
microseconds().then((request) => console.log(JSON.stringify([
  started,
  nanoseconds({ 'gen_ai.operation.name': 'invoke_agent' }),
  nanoseconds({ 'db.system.name': 'postgresql' }),
  request,
])))
`

function measure(flags: string[]): number[] {
  const output = execFileSync(process.execPath, [...flags, '--eval', APP], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
  })
  return JSON.parse(output)
}

const without: number[][] = []
const withFlag: number[][] = []
for (let round = 0; round < ROUNDS; round++) {
  without.push(measure([]))
  withFlag.push(measure(['--import', REGISTER]))
}

const best = (samples: number[][], column: number) =>
  Math.min(...samples.map((sample) => sample[column] ?? Number.NaN))

console.log('| register | without | with | adds |')
console.log('|---|---:|---:|---:|')
for (const [column, [what, unit]] of [
  ['start of the process', 'ms'],
  ['agent span', 'ns'],
  ['plain span', 'ns'],
  ['HTTP request over loopback', 'µs'],
].entries()) {
  const [before, after] = [best(without, column), best(withFlag, column)]
  const digits = unit === 'ns' ? 0 : 1
  const cells = [before, after, after - before].map((value) => `${value.toFixed(digits)} ${unit}`)
  console.log(`| ${what} | ${cells.join(' | ')} |`)
}

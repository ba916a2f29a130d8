// npm run test:faults [-- --seconds 60 --rate 4]: the agent backend, the Collector and the viewer under load, once for each
// fault.
import { parseArgs } from 'node:util'
import { AgentBackend } from '../support/agent-backend.js'
import { collectorBinary, ToolAbsentError } from '../support/cached-tools.js'
import { SteadyLoad } from '../support/steady-load.js'
import { checkFault, type FaultRow, failuresOf, table } from './fault-checks.js'
import { type Fault, faults } from './fault-list.js'
import { FaultStack } from './fault-stack.js'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, rate: { type: 'string', default: '4' } },
})
const [seconds, rate] = [Number(values.seconds), Number(values.rate)]
if (!(seconds > 0 && rate > 0)) {
  console.error('--seconds and --rate must be numbers above 0')
  process.exit(2)
}
try {
  await collectorBinary()
} catch (error) {
  if (!(error instanceof ToolAbsentError)) throw error
  console.log(`SKIPPED every fault: no OpenTelemetry Collector, ${error.message}`)
  console.log(`0 passed, 0 failed, ${faults.length} skipped`)
  process.exit(0)
}

// The control gets the same requests at the same time. If it is slow too, the machine is slow.
const control = await AgentBackend.start({ setUp: null, env: { VIEWER_URL: 'http://127.0.0.1' } })
const rows: FaultRow[] = []
const problems: { fault: string; problem: string }[] = []
for (const fault of faults) {
  console.log(`${fault.name} …`)
  try {
    const row = await runFault(fault)
    rows.push(row)
    problems.push(...failuresOf(row).map((problem) => ({ fault: fault.name, problem })))
  } catch (error) {
    problems.push({ fault: fault.name, problem: (error as Error).message })
  }
}
await control.stop()
console.log(
  `\n${rate} agent requests a second for ${seconds} s for each fault (default: 4 for 60 s)\n${table(rows)}`,
)
for (const { fault, problem } of problems) console.log(`FAILED ${fault}: ${problem}`)
const failed = new Set(problems.map(({ fault }) => fault)).size
console.log(`${faults.length - failed} passed, ${failed} failed, 0 skipped`)
process.exit(failed === 0 ? 0 : 1)

async function runFault(fault: Fault): Promise<FaultRow> {
  const stack = await FaultStack.start(fault.queueSpans === undefined ? {} : { queueSpans: fault.queueSpans })
  try {
    const load = new SteadyLoad(stack.backend.url, rate)
    const controlLoad = new SteadyLoad(control.url, rate)
    await fault.inflict(stack, seconds)
    await Promise.all([load.stop(), controlLoad.stop()])
    const happened = fault.happened?.(stack) ?? true
    await stack.drain(60)
    return checkFault({ ...fault, happened }, load.requests, controlLoad.requests, stack)
  } finally {
    await stack.stop()
  }
}

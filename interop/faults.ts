import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { AgentBackend } from './agent-backend.js'
import { collectorBinary, ToolAbsentError } from './cached-tools.js'
import { FaultStack } from './fault-stack.js'
import { type FaultRow, failuresOf, judge, table } from './fault-verdict.js'
import { SteadyLoad } from './steady-load.js'

/** What goes wrong during `seconds` of load, and what shows afterwards that it really went wrong. */
interface Fault {
  name: string
  queueSpans?: string
  inflict(stack: FaultStack, seconds: number): Promise<void>
  happened?(stack: FaultStack): boolean
  /** The backend itself goes away, so connections to it break. */
  cutsRequests?: true
}

const faults: Fault[] = [
  { name: 'none', inflict: (_stack, seconds) => sleep(seconds * 1000) },
  {
    name: 'collector killed 10 times',
    async inflict(stack, seconds) {
      for (let kill = 0; kill < 10; kill++) {
        await sleep((seconds * 1000) / 10 / 2)
        await stack.collector.process.kill()
        await sleep((seconds * 1000) / 10 / 2)
        await stack.startCollector()
      }
    },
  },
  {
    name: 'disk queue full',
    queueSpans: '200',
    async inflict(stack, seconds) {
      await stack.viewer.kill()
      await sleep(seconds * 600)
      await stack.startViewer()
      await sleep(seconds * 400)
    },
    happened: (stack) => stack.collector.process.output.includes('sending queue is full'),
  },
  {
    name: 'viewer away',
    async inflict(stack, seconds) {
      await sleep(seconds * 200)
      await stack.viewer.kill()
      await sleep(seconds * 500)
      await stack.startViewer()
      await sleep(seconds * 300)
    },
    happened: (stack) => stack.collector.process.output.includes('Exporting failed'),
  },
  {
    name: 'network slow and breaking',
    async inflict(stack, seconds) {
      const links = [stack.beforeCollector, stack.beforeViewer]
      for (const link of links) Object.assign(link, { delay: 300, breakEvery: 5 })
      await sleep(seconds * 800)
      for (const link of links) Object.assign(link, { delay: 0, breakEvery: 0 })
      await sleep(seconds * 200)
    },
    happened: (stack) => stack.beforeCollector.broken > 0 && stack.beforeViewer.broken > 0,
  },
  {
    name: 'network cut',
    async inflict(stack, seconds) {
      for (const link of [stack.beforeViewer, stack.beforeCollector]) {
        await sleep(seconds * 150)
        link.cut()
        await sleep(seconds * 250)
        link.mend()
      }
      await sleep(seconds * 200)
    },
  },
  {
    name: 'backend restarted while streaming',
    cutsRequests: true,
    async inflict(stack, seconds) {
      await sleep(seconds * 300)
      await stack.backend.stop()
      await stack.startBackend()
      await sleep(seconds * 300)
      await stack.backend.kill()
      await stack.startBackend()
      await sleep(seconds * 400)
    },
  },
]

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

// Asked the same at the same time: what slows it down as well is the machine, not the telemetry.
const control = await AgentBackend.start({ setUp: null, env: { VIEWER_URL: 'http://127.0.0.1' } })
const rows: FaultRow[] = []
const problems: { fault: string; problem: string }[] = []
for (const fault of faults) {
  console.log(`${fault.name} …`)
  try {
    const row = await endure(fault)
    rows.push(row)
    problems.push(...failuresOf(row, rows[0] ?? row).map((problem) => ({ fault: fault.name, problem })))
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

async function endure(fault: Fault): Promise<FaultRow> {
  const stack = await FaultStack.start(fault.queueSpans === undefined ? {} : { queueSpans: fault.queueSpans })
  try {
    const load = new SteadyLoad(stack.backend.url, rate)
    const controlLoad = new SteadyLoad(control.url, rate)
    await fault.inflict(stack, seconds)
    await Promise.all([load.stop(), controlLoad.stop()])
    const happened = fault.happened?.(stack) ?? true
    await stack.drain(60)
    const { name, cutsRequests = false } = fault
    return judge({ name, cutsRequests, happened }, load.requests, controlLoad.requests, stack)
  } finally {
    await stack.stop()
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultStack } from './fault-stack.js'

export interface Fault {
  name: string
  /** Size of the Collector's disk queue, in spans. */
  queueSpans?: string
  /** Causes the fault during `seconds` of load. */
  inflict(stack: FaultStack, seconds: number): Promise<void>
  /** Tells, after the run, whether the fault really happened. */
  happened?(stack: FaultStack): boolean
  /** The fault does not reach the Collector, so every span of the requests must be delivered. */
  leavesCollector?: true
}

export const faults: Fault[] = [
  { name: 'none', leavesCollector: true, inflict: (_stack, seconds) => sleep(seconds * 1000) },
  {
    name: 'collector killed 10 times',
    async inflict(stack, seconds) {
      for (let kill = 0; kill < 10; kill++) {
        await sleep((seconds * 1000) / 10 / 2)
        await stack.killCollector()
        await sleep((seconds * 1000) / 10 / 2)
        await stack.startCollector()
      }
    },
    happened: (stack) => stack.collectorKills === 10 && stack.accepted.unreachable > 0,
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
    leavesCollector: true,
    async inflict(stack, seconds) {
      await sleep(seconds * 200)
      await stack.viewer.kill()
      await sleep(seconds * 500)
      await stack.startViewer()
      await sleep(seconds * 300)
    },
    happened: (stack) => stack.delivered.unreachable > 0,
  },
  {
    name: 'next hop answers 503',
    leavesCollector: true,
    async inflict(stack, seconds) {
      await sleep(seconds * 200)
      stack.delivered.refuseWith = 503
      await sleep(seconds * 500)
      stack.delivered.refuseWith = undefined
      await sleep(seconds * 300)
    },
    happened: (stack) => stack.delivered.refusals > 0,
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
    happened: (stack) => stack.beforeCollector.refused > 0 && stack.beforeViewer.refused > 0,
  },
  {
    name: 'backend restarted while streaming',
    async inflict(stack, seconds) {
      await sleep(seconds * 300)
      await stack.restartBackend('stop')
      await sleep(seconds * 300)
      await stack.restartBackend('kill')
      await sleep(seconds * 400)
    },
    happened: (stack) => stack.backendAway.length === 2,
  },
]

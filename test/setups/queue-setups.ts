import type { Setup } from './setups.js'
import { IN_COMMONJS, OURS, WITH_INSTRUMENTATION } from './start-commands.js'

/** Queues whose tasks run in the async context of another request, by the names in apps/queues.cjs: their packages. */
const PACKAGES: Record<string, string[]> = {
  'p-queue': ['p-queue'],
  bottleneck: ['bottleneck'],
  'async.queue': ['async'],
  fastq: ['fastq'],
  AsyncCaller: ['@langchain/core'],
  'batch timer': [],
}
const NAMES = Object.keys(PACKAGES)

const common = { fixture: 'queues', node: '20', app: 'queues.cjs' } as const

/** With each task bound to the context in which it was added. */
export function boundQueues(): Setup[] {
  const all = { ...common, answers: NAMES.length, packages: Object.values(PACKAGES).flat() }
  const env = (bind: string) => ({ APP_BIND: bind, APP_QUEUES: NAMES.join() })
  return [
    { ...all, name: 'queues, AsyncResource.bind', start: WITH_INSTRUMENTATION, env: env('AsyncResource') },
    {
      ...all,
      name: 'queues, AsyncResource.bind, HTTP instrumented',
      start: IN_COMMONJS,
      env: env('AsyncResource'),
    },
    { ...all, name: 'queues, context.bind, HTTP instrumented', start: IN_COMMONJS, env: env('context') },
  ]
}

export function unboundQueues(): Setup[] {
  return NAMES.map((name) => ({
    ...common,
    name: `${name}, not bound`,
    start: WITH_INSTRUMENTATION,
    env: { APP_BIND: 'none', APP_QUEUES: name },
    packages: PACKAGES[name] ?? [],
    isLimit: true,
  }))
}

/** dd-trace alone, whose spans `context.bind` does not reach. */
export function ddTraceQueues(): Setup[] {
  const names = NAMES.filter((name) => name !== 'AsyncCaller')
  const all: Omit<Setup, 'name'> = {
    fixture: 'dd-trace-5',
    node: '20',
    app: 'queues.cjs',
    convention: 'dd-trace',
    start: `node --import ${OURS} --import dd-trace/initialize.mjs app.js`,
    answers: names.length,
    packages: ['dd-trace', ...names.flatMap((name) => PACKAGES[name] ?? [])],
  }
  const env = (bind: string) => ({ APP_BIND: bind, APP_QUEUES: names.join() })
  return [
    { ...all, name: 'dd-trace, queues, AsyncResource.bind', env: env('AsyncResource') },
    { ...all, name: 'dd-trace, queues, not bound', env: env('none'), isLimit: true },
  ]
}

// Answers requests by tasks of queues that run one at a time, so that most run in the async context of another request.
const { AsyncResource } = require('node:async_hooks')
const http = require('node:http')
const { context } = require('@opentelemetry/api')
const { answer } = require('./agent.cjs')

const { APP_QUEUES, APP_BIND } = process.env
const run = async (task) => task()

const QUEUES = {
  async 'p-queue'() {
    const { default: PQueue } = await import('p-queue')
    const queue = new PQueue({ concurrency: 1 })
    return (task) => queue.add(task)
  },
  bottleneck() {
    const Bottleneck = require('bottleneck')
    const limiter = new Bottleneck({ maxConcurrent: 1 })
    return (task) => limiter.schedule(task)
  },
  'async.queue'() {
    const queue = require('async').queue(run, 1)
    return (task) => queue.pushAsync(task)
  },
  fastq() {
    const queue = require('fastq').promise(run, 1)
    return (task) => queue.push(task)
  },
  AsyncCaller() {
    const { AsyncCaller } = require('@langchain/core/utils/async_caller')
    const caller = new AsyncCaller({ maxConcurrency: 1 })
    return (task) => caller.call(task)
  },
  'batch timer'() {
    let batch = []
    async function flush() {
      const tasks = batch
      batch = []
      await Promise.all(tasks.map(run))
    }
    return (task) => {
      if (!batch.length) setTimeout(flush, 20)
      return new Promise((resolve, reject) => batch.push(() => task().then(resolve, reject)))
    }
  },
}

const BINDINGS = {
  AsyncResource: (task) => AsyncResource.bind(task),
  context: (task) => context.bind(context.active(), task),
  none: (task) => task,
}

async function start() {
  const queues = await Promise.all(APP_QUEUES.split(',').map((name) => QUEUES[name]()))
  const server = http.createServer(async (request, response) => {
    const expected = request.url.slice(1)
    const task = BINDINGS[APP_BIND](() => answer(expected))
    await Promise.all(queues.map((enqueue) => enqueue(task)))
    response.end('Hello')
  })
  server.listen(Number(process.env.PORT), '127.0.0.1')
}

start()

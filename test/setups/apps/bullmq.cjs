// Answers requests, and has a job of each done by a worker that started with the app.
const http = require('node:http')
const { Queue, Worker } = require('bullmq')
const { BullMQOtel } = require('bullmq-otel')
const { answer } = require('./agent.cjs')

const hasTelemetry = process.env.APP_BULLMQ_OTEL === '1'
const options = {
  connection: { url: process.env.APP_REDIS },
  ...(hasTelemetry && { telemetry: new BullMQOtel('shop') }),
}
const queue = new Queue('questions', options)
// Without telemetry a job brings no context, so its spans have no session.
new Worker('questions', ({ data }) => answer(hasTelemetry ? data.expected : 'none'), {
  ...options,
  concurrency: 8,
})

const server = http.createServer(async (request, response) => {
  const expected = request.url.slice(1)
  await queue.add('ask', { expected })
  response.end(await answer(expected))
})
server.listen(Number(process.env.PORT), '127.0.0.1')

import http from 'node:http'
import tracer from 'dd-trace'

const { llmobs } = tracer

http
  .createServer((request, response) => {
    llmobs.trace({ kind: 'llm', name: 'chat' }, () => {
      llmobs.annotate({ tags: { expected: request.url.slice(1) } })
      response.end('Hello')
    })
  })
  .listen(Number(process.env.PORT), '127.0.0.1')

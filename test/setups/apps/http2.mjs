import http2 from 'node:http2'
import { answer } from './agent.cjs'

const server = http2.createServer(async (request, response) => {
  response.end(await answer(request.url.slice(1)))
})
server.listen(Number(process.env.PORT), '127.0.0.1')

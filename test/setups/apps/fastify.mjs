import Fastify from 'fastify'
import { answer } from './agent.cjs'

const app = Fastify()
app.get('/:expected', (request) => answer(request.params.expected))
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })

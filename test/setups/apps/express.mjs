import express from 'express'
import { answer } from './agent.cjs'

const app = express()
app.get('/:expected', async (request, response) => {
  response.send(await answer(request.params.expected))
})
app.listen(Number(process.env.PORT), '127.0.0.1')

// A dd-trace service in ES modules, started with `--import dd-trace/initialize.mjs --import @rum-llmobs/…/register`.
import http from 'node:http'
import tracer from 'dd-trace'
import express from 'express'
import { OpenAI } from 'openai'

const { llmobs } = tracer
const app = express()
app.get('/flush', (_req, res) => {
  llmobs.flush()
  res.end('ok')
})
app.get('/one', async (req, res) => {
  const { label, next } = req.query
  const client = new OpenAI({ apiKey: 'none', baseURL: next })
  await llmobs.trace({ name: label, kind: 'agent' }, () =>
    client.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: label }] }),
  )
  res.end('ok')
})
const server = http.createServer(app).listen(0, '127.0.0.1', () => {
  process.send({ port: server.address().port, node: process.version })
})
process.on('disconnect', () => process.exit())

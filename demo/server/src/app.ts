import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express'
import { z } from 'zod'
import type { Agent } from './agent.js'
import { failureOf } from './failure.js'

const body = z.object({ question: z.string().trim().min(1).max(500) })

/** The routes of the chat: the answer as a stream of server-sent events, or as one JSON object. */
export function createApp(agent: Agent): Express {
  const app = express()
  app.disable('x-powered-by')
  // The page cannot see what telemetry added to its request, so it is told what arrived.
  app.use('/api', (request, response, next) => {
    response.set('x-received-baggage', request.headers.baggage ?? '')
    next()
  })
  app.use(express.json({ limit: '8kb' }))

  app.post('/api/chat', async (request, response) => {
    const question = questionIn(request)
    const signal = abortedByClient(response)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const send = (event: object) => response.write(`data: ${JSON.stringify(event)}\n\n`)
    try {
      for await (const part of agent.stream(question, signal)) send(part)
    } catch (error) {
      if (signal.aborted) return
      report(error)
      send({ type: 'error', message: failureOf(error).message })
    }
    response.end()
  })

  app.post(['/api/ask', '/api/classic/ask'], async (request, response) => {
    const question = questionIn(request)
    const signal = abortedByClient(response)
    try {
      response.json({ answer: await agent.answer(question, signal) })
    } catch (error) {
      if (!signal.aborted) throw error
    }
  })
  return app
}

/** Answers every failed request with a sentence for the person who asked; goes after the last route. */
export const handleError: ErrorRequestHandler = (error, _request, response, _next) => {
  const { status, message } = failureOf(error)
  if (status >= 500) report(error)
  if (response.headersSent) response.destroy()
  else response.status(status).json({ error: message })
}

function questionIn(request: Request): string {
  return body.parse(request.body).question
}

function abortedByClient(response: Response): AbortSignal {
  const controller = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}

function report(error: unknown): void {
  console.error(error instanceof Error ? error.message : error)
}

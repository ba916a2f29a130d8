import express, { type Express } from 'express'
import { z } from 'zod'
import { handleError } from './app.js'

const body = z.object({ topic: z.string().min(1).max(1000) })

/** The research service's one route, which the shop's assistant calls over HTTP. */
export function createResearchApp(research: (topic: string) => Promise<string>): Express {
  const app = express()
  app.use(express.json({ limit: '8kb' }))
  app.post('/research', async (request, response) => {
    const { topic } = body.parse(request.body)
    response.json({ summary: await research(topic) })
  })
  return app.use(handleError)
}

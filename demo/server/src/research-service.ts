import { generateText } from 'ai'
import express from 'express'
import { z } from 'zod'
import { handleError } from './app.js'
import { findNotes } from './field-notes.js'
import { listen } from './listen.js'
import { chooseModel } from './model.js'
import { researchScript } from './script.js'

const body = z.object({ topic: z.string().min(1).max(1000) })
const model = chooseModel('research-model', researchScript)

const app = express()
app.use(express.json({ limit: '8kb' }))
app.post('/research', async (request, response) => {
  const { topic } = body.parse(request.body)
  const notes = findNotes(topic).map((note) => `- ${note}`)
  const { text } = await generateText({
    model,
    instructions: 'Condense the notes that bear on the topic into two sentences.',
    prompt: [topic, ...notes].join('\n'),
    telemetry: { functionId: 'researcher' },
  })
  response.json({ summary: text })
})

listen('research service', app.use(handleError))

import { generateText } from 'ai'
import { listen } from './listen.js'
import { createResearchApp } from './research-app.js'
import { researchModel, researchPrompt } from './researcher.js'

async function research(topic: string): Promise<string> {
  const { text } = await generateText({
    model: researchModel,
    ...researchPrompt(topic),
    telemetry: { functionId: 'researcher' },
  })
  return text
}

listen('research service', createResearchApp(research))

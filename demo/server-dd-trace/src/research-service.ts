import tracer from 'dd-trace'
import { listen } from '../../server/src/listen.js'
import { createResearchApp } from '../../server/src/research-app.js'
import { researchModel, researchPrompt } from '../../server/src/researcher.js'
import { runModelStep } from './model-step.js'

const { llmobs } = tracer

function research(topic: string): Promise<string> {
  return llmobs.trace({ kind: 'agent', name: 'researcher' }, async () => {
    const { instructions, prompt } = researchPrompt(topic)
    const { text } = await runModelStep({
      model: researchModel,
      instructions,
      messages: [{ role: 'user', content: prompt }],
    })
    llmobs.annotate({ inputData: topic, outputData: text })
    return text
  })
}

listen('research service', createResearchApp(research))

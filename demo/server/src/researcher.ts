import { findNotes } from './field-notes.js'
import { chooseModel } from './model.js'
import { researchScript } from './script.js'

export const researchModel = chooseModel('research-model', researchScript)

/** What the model of the research service is asked: to condense the field notes that bear on the topic. */
export function researchPrompt(topic: string): { instructions: string; prompt: string } {
  const notes = findNotes(topic).map((note) => `- ${note}`)
  return {
    instructions: 'Condense the notes that bear on the topic into two sentences.',
    prompt: [topic, ...notes].join('\n'),
  }
}

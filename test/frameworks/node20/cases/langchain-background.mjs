import * as inForeground from './openinference-langchain.mjs'

export const { name, packages, instrumentations } = inForeground
export const note = "with LangChain's default, which mixes up requests"

export function scenarios(modelServerUrl) {
  const { invoke } = inForeground.scenarios(modelServerUrl)
  process.env.LANGCHAIN_CALLBACKS_BACKGROUND = 'true'
  return { invoke: { ...invoke, mixesUp: true } }
}

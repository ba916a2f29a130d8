import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain'
import * as callbackManager from '@langchain/core/callbacks/manager'
import { langGraphScenarios, note } from '../langgraph-scenarios.mjs'

export const name = 'OpenInference, LangGraph'
export const packages = [
  '@arizeai/openinference-instrumentation-langchain',
  '@langchain/core',
  '@langchain/langgraph',
]
export { note }

const instrumentation = new LangChainInstrumentation()
export const instrumentations = [instrumentation]

export function scenarios(modelServerUrl) {
  instrumentation.manuallyInstrument(callbackManager)
  const scenarios = langGraphScenarios(modelServerUrl)
  return { ...scenarios, 'in a session': { ...scenarios['in a session'], own: 'session-of-the-app' } }
}

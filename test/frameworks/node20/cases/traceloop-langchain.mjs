import * as callbackManagerModule from '@langchain/core/callbacks/manager'
import { LangChainInstrumentation } from '@traceloop/instrumentation-langchain'
import { langGraphScenarios, note } from '../langgraph-scenarios.mjs'

export const name = 'Traceloop, LangGraph'
export const packages = ['@traceloop/instrumentation-langchain', '@langchain/core', '@langchain/langgraph']
export { note }

const instrumentation = new LangChainInstrumentation()
export const instrumentations = [instrumentation]

export function scenarios(modelServerUrl) {
  instrumentation.manuallyInstrument({ callbackManagerModule })
  return langGraphScenarios(modelServerUrl)
}

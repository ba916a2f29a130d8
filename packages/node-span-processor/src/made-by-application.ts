import { processState } from './process-state.js'

/**
 * Number of span processors and egress guards that the application has constructed. `register` does not add a second one,
 * so that nothing is done twice.
 */
export const madeByApplication = processState('made by the application', () => ({
  processors: 0,
  propagators: 0,
}))

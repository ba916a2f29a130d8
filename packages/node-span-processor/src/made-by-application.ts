import { processState } from './process-state.js'

/**
 * How many span processors and egress guards of this package the application has made itself. `register` leaves to the
 * application what it made, so that nothing is done twice.
 */
export const madeByApplication = processState('made by the application', () => ({
  processors: 0,
  propagators: 0,
}))

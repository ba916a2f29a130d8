import { channel } from 'node:diagnostics_channel'

// Node keeps one channel object of a name per process, which vm realms and copies of this package share. The number
// changes with the shape of a state.
const states = channel('@rum-llmobs/node-span-processor/1') as unknown as Record<string, unknown>

/** Returns the state `name` of the process. All copies of this package share it. The first caller creates it. */
export function processState<State>(name: string, create: () => State): State {
  states[name] ??= create()
  return states[name] as State
}

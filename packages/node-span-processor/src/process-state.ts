import { channel } from 'node:diagnostics_channel'

// One object per process, whatever the number of vm realms and of copies of this package. The number changes when the
// shape of a state does.
const states = channel('@rum-llmobs/node-span-processor/1') as unknown as Record<string, unknown>

/** Returns the state of that name, which all copies of this package in the process share; `create` makes the first. */
export function processState<State>(name: string, create: () => State): State {
  states[name] ??= create()
  return states[name] as State
}

import { setImmediate as nextTask } from 'node:timers/promises'

/** Returns the uncaught exceptions of `act`. A diagnostics channel raises those of its subscribers in the next tick. */
export async function uncaughtExceptionsOf(act: () => unknown): Promise<unknown[]> {
  const uncaught: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => uncaught.push(error))
  try {
    await act()
    await nextTask()
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
  return uncaught
}

import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves when `condition` holds, and as well when it did not for that long: what follows asserts, and reports more. */
export async function waitUntil(condition: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  while (!(await condition()) && Date.now() < deadline) await sleep(50)
}

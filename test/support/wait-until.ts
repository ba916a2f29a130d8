import { setTimeout as sleep } from 'node:timers/promises'

/** Polls until `condition` holds or the time is up. Never rejects on timeout: the assertion that follows says more. */
export async function waitUntil(condition: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  while (!(await condition()) && Date.now() < deadline) await sleep(50)
}

import type { Page } from '../../../../scripts/chromium/launch-chromium.js'

type Action = (...given: never[]) => unknown

/** Returns a function that calls one of the page's `globalThis.actions` and returns the result. */
export function actionsOf<Actions extends Record<string, Action>>(page: () => Page) {
  const call = (name: string, given: never[]) =>
    (globalThis as unknown as { actions: Record<string, Action> }).actions[name]?.(...given)
  return async <Name extends keyof Actions & string>(name: Name, ...given: Parameters<Actions[Name]>) =>
    (await page().evaluate(call, name, given)) as Awaited<ReturnType<Actions[Name]>>
}

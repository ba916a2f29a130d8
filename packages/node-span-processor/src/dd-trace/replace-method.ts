/** Replaces a method. `call` calls the original with the same `this` and arguments. */
export type Replacement = (call: () => unknown, args: unknown[], self: unknown) => unknown

/**
 * Replaces a method on the object that defines it, often a prototype, until the returned function is called. A wrapper
 * that was added in the meantime then calls the original.
 *
 * @returns undefined if there is no such method
 */
export function replaceMethod(
  object: object | undefined,
  name: string,
  replacement: Replacement,
): (() => void) | undefined {
  let owner = object as Record<string, unknown> | null | undefined
  while (owner && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner)
  const original = owner?.[name]
  if (!owner || typeof original !== 'function') return undefined
  const holder = owner
  let isActive = true
  const method = function (this: unknown, ...args: unknown[]): unknown {
    const call = () => original.apply(this, args)
    return isActive ? replacement(call, args, this) : call()
  }
  holder[name] = method
  return () => {
    isActive = false
    if (holder[name] === method) holder[name] = original
  }
}

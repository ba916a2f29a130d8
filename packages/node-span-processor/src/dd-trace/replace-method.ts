/** Stands for a method: gets the call to the original, which passes on what `this` and the arguments were. */
export type Replacement = (call: () => unknown, args: unknown[], self: unknown) => unknown

/**
 * Replaces a method where the object inherits it from, until the returned function is called. Whoever wrapped it in the
 * meantime then calls the original.
 *
 * @returns nothing where there is no such method
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

/**
 * Calls `listener` with the value of a property, now and each time the property is set. The result of `listener` replaces
 * the value. Deleting the property ends this. `listener` must not throw.
 */
export function onSet<Target extends object, Key extends keyof Target>(
  target: Target,
  key: Key,
  listener: (value: NonNullable<Target[Key]>) => Target[Key],
): void {
  if (Object.getOwnPropertyDescriptor(target, key)?.get) return
  const replaced = (value: Target[Key]) => (value ? listener(value) : value)
  let current = replaced(target[key])
  Object.defineProperty(target, key, {
    configurable: true,
    enumerable: true,
    get: () => current,
    set(value: Target[Key]) {
      current = replaced(value)
    },
  })
}

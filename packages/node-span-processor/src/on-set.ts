/**
 * Calls `listener` with the value of a property, now and whenever the property is set. What `listener` returns takes the
 * place of the value. Deleting the property ends it. `listener` must not throw.
 */
export function onSet<Target extends object, Key extends keyof Target>(
  target: Target,
  key: Key,
  listener: (value: NonNullable<Target[Key]>) => Target[Key],
): void {
  if (Object.getOwnPropertyDescriptor(target, key)?.get) return
  const heard = (value: Target[Key]) => (value ? listener(value) : value)
  let current = heard(target[key])
  Object.defineProperty(target, key, {
    configurable: true,
    enumerable: true,
    get: () => current,
    set(value: Target[Key]) {
      current = heard(value)
    },
  })
}

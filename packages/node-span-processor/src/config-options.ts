/**
 * Checks that a configuration is an object with known options only.
 *
 * @throws TypeError that names the unknown option and lists the known ones
 */
export function checkOptions(config: object, known: readonly string[]): void {
  if (typeof config !== 'object' || config === null) throw new TypeError('config must be an object')
  for (const option of Object.keys(config)) {
    if (!known.includes(option)) throw new TypeError(`${option} is not an option: use ${known.join(', ')}`)
  }
}
